import '../../support/through-daemon.js'
import '../xtables/nft-refusals.test.js'
