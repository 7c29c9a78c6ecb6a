import { u8, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { formatMasked, masked } from '../kinds/masked.js'
import { bang, line, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_mark.h */
const XtMarkMtinfo1 = struct('xt_mark_mtinfo1', {
  mark: field(u32, 'mark', 'value of the bits'),
  mask: field(u32, 'mask', 'bits that are looked at'),
  inverted: field(u8, 'invert', 'matches packets with another mark'),
})

export const mark = match('mark', {
  doc: 'The mark that a rule with the MARK target (or a socket) has put on the packet.',
  revisions: { 1: XtMarkMtinfo1 },
  options: {
    mark: option(masked(), 'the mark, and the bits of it that count', {
      to: { value: 'mark', mask: 'mask' }, not: { inverted: 1 }, required: true,
    }),
  },
  list: ({ mark }) => line('mark match', bang(mark), mark && formatMasked(plain(mark))),
})
