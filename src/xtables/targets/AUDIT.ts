import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { choice } from '../kinds/names.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_AUDIT.h */
const XtAuditInfo = struct('xt_audit_info', {
  type: field(u8, 'type', 'XT_AUDIT_TYPE_*'),
})

export const AUDIT = target('AUDIT', {
  doc: 'Reports the packet to the audit daemon. The packet goes on with the next rule.',
  revisions: { 0: XtAuditInfo },
  options: {
    type: option(choice({ accept: 0, drop: 1, reject: 2 }, { anyCase: true }), 'what becomes of the packet', {
      to: 'type', required: true,
    }),
  },
  list: ({ type }) => `AUDIT ${type}`,
})
