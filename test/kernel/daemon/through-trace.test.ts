import '../../support/through-daemon.js'
import '../xtables/trace.test.js'
