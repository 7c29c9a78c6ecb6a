import '../../support/through-daemon.js'
import '../xtables/monitor.test.js'
