import { describeListings } from './listings.js'

describeListings('legacy')
