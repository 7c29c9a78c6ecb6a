import { u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { match } from '../extension.js'
import { text } from '../kinds/text.js'
import { bang, line, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_helper.h */
const XtHelperInfo = struct('xt_helper_info', {
  inverted: field(u32, 'invert', 'matches connections of another helper'),
  name: field(chars(30), 'name', 'name of the helper'),
})

export const helper = match('helper', {
  doc: 'Packets of a connection that a helper of connection tracking expected.',
  revisions: { 0: XtHelperInfo },
  options: {
    helper: option(text({ max: 29 }), 'name of the helper, such as ftp, at most 29 bytes; empty: any', {
      to: 'name', not: { inverted: 1 }, required: true,
    }),
  },
  list: ({ helper }) => line('helper match', bang(helper), helper !== undefined && `"${plain(helper)}"`),
})
