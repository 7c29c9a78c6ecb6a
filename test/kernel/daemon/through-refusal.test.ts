import '../../support/through-daemon.js'
import '../xtables/refusal.test.js'
