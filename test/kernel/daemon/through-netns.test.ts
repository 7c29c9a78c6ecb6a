import '../../support/through-daemon.js'
import '../xtables/netns.test.js'
