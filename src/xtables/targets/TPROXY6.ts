import { target } from '../extension.js'
import { TPROXY, XtTproxyTargetInfoV1 } from './TPROXY.js'

export const TPROXY6 = target('TPROXY', { ...TPROXY, families: ['ip6'], revisions: { 1: XtTproxyTargetInfoV1 } })
