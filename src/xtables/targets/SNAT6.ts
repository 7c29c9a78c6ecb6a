import { target } from '../extension.js'
import { NfNatRange } from '../kinds/nat-range.js'
import { SNAT } from './SNAT.js'

export const SNAT6 = target('SNAT', { ...SNAT, families: ['ip6'], revisions: { 1: NfNatRange } })
