import { target } from '../extension.js'
import { NfNatRange, NfNatRange2 } from '../kinds/nat-range.js'
import { DNAT } from './DNAT.js'

export const DNAT6 = target('DNAT', { ...DNAT, families: ['ip6'], revisions: { 2: NfNatRange2, 1: NfNatRange } })
