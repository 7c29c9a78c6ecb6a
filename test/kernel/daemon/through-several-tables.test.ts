import '../../support/through-daemon.js'
import '../xtables/several-tables.test.js'
