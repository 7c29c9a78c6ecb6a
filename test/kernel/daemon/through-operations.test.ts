import '../../support/through-daemon.js'
import '../xtables/operations.test.js'
