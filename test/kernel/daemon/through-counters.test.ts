import '../../support/through-daemon.js'
import '../xtables/counters.test.js'
