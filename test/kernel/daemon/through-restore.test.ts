import '../../support/through-daemon.js'
import '../xtables/restore.test.js'
