import '../../support/through-daemon.js'
import '../xtables/nft-deltas.test.js'
