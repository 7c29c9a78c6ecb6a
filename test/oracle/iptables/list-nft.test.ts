import { describeListings } from './listings.js'

describeListings('nft')
