import { target } from '../extension.js'
import { XtCtTargetInfoV1 } from './CT.js'

/** XT_CT_NOTRACK */
const NO_TRACKING = 0x01
/** XT_CT_NOTRACK_ALIAS: the rule said `-j NOTRACK`. Known to the kernel since it has revision 2. */
const ALIAS = 0x02

export const NOTRACK = target('NOTRACK', {
  doc: 'Does not track the connection; CT with notrack by a shorter name.',
  kernel: 'CT',
  when: (memory) => memory.has('flags', ALIAS),
  tables: ['raw'],
  revisions: { 2: XtCtTargetInfoV1 },
  private: 'connection',
  options: {},
  finish: (memory) => memory.raise('flags', NO_TRACKING | ALIAS),
  list: () => 'NOTRACK',
})
