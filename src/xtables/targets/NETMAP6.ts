import { target } from '../extension.js'
import { NfNatRange } from '../kinds/nat-range.js'
import { NETMAP } from './NETMAP.js'

export const NETMAP6 = target('NETMAP', { ...NETMAP, families: ['ip6'], revisions: { 0: NfNatRange } })
