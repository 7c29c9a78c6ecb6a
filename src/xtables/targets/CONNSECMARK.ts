import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { exactlyOne } from '../kinds/exclusive.js'
import { flag, type Memory } from '../option.js'

/** include/uapi/linux/netfilter/xt_CONNSECMARK.h */
const XtConnsecmarkTargetInfo = struct('xt_connsecmark_target_info', {
  mode: field(u8, 'mode', 'CONNSECMARK_SAVE or CONNSECMARK_RESTORE'),
})

function mode(value: number) {
  return {
    pack: (memory: Memory) => memory.set('mode', value),
    unpack: (memory: Memory) => (memory.get('mode') === value ? true : undefined),
  } as const
}

export const CONNSECMARK = target('CONNSECMARK', {
  doc: 'Copies the security mark from the packet to its connection, or back.',
  // What connsecmark_tg_check() asks for (net/netfilter/xt_CONNSECMARK.c).
  tables: ['mangle', 'security'],
  revisions: { 0: XtConnsecmarkTargetInfo },
  options: {
    save: flag('copies the mark of the packet to a connection that has none', mode(1)),
    restore: flag('copies the mark of the connection to a packet that has none', mode(2)),
  },
  check: (options) => exactlyOne(options, ['save', 'restore']),
  list: ({ save }) => `CONNSECMARK ${save ? 'save' : 'restore'}`,
})
