import { target } from '../extension.js'
import { NfNatRange } from '../kinds/nat-range.js'
import { MASQUERADE } from './MASQUERADE.js'

export const MASQUERADE6 = target('MASQUERADE', { ...MASQUERADE, families: ['ip6'], revisions: { 0: NfNatRange } })
