import '../../support/through-daemon.js'
import '../xtables/foreign.test.js'
