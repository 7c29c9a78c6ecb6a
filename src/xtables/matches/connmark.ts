import { u8, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { formatMasked, masked } from '../kinds/masked.js'
import { bang, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_connmark.h */
const XtConnmarkMtinfo1 = struct('xt_connmark_mtinfo1', {
  mark: field(u32, 'mark', 'value of the bits'),
  mask: field(u32, 'mask', 'bits that are looked at'),
  inverted: field(u8, 'invert', 'matches connections with another mark'),
})

export const connmark = match('connmark', {
  doc: 'The mark that the CONNMARK target has put on the connection.',
  revisions: { 1: XtConnmarkMtinfo1 },
  options: {
    mark: option(masked(), 'the mark, and the bits of it that count', {
      to: { value: 'mark', mask: 'mask' }, not: { inverted: 1 }, required: true,
    }),
  },
  list: ({ mark }) => `connmark match ${bang(mark)} ${mark ? formatMasked(plain(mark)) : ''}`,
})
