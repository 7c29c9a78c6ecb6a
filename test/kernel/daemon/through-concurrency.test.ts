import '../../support/through-daemon.js'
import '../xtables/concurrency.test.js'
