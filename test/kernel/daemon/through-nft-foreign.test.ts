import '../../support/through-daemon.js'
import '../xtables/nft-foreign.test.js'
