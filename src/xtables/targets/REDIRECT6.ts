import { target } from '../extension.js'
import { NfNatRange } from '../kinds/nat-range.js'
import { REDIRECT } from './REDIRECT.js'

export const REDIRECT6 = target('REDIRECT', { ...REDIRECT, families: ['ip6'], revisions: { 0: NfNatRange } })
