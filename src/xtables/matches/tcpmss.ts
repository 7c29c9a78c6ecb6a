import { u8, u16 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { type Range, range } from '../kinds/range.js'
import { bang, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_tcpmss.h */
const XtTcpmssMatchInfo = struct('xt_tcpmss_match_info', {
  least: field(u16, 'mss_min', 'least size'),
  most: field(u16, 'mss_max', 'greatest size'),
  inverted: field(u8, 'invert', 'matches other sizes'),
})

const sizes = range({ max: 0xffff })

/** A range whose ends are two members of the struct. */
const size: Kind<Range, { readonly least: number; readonly most: number }> = kindOf({
  ...sizes,
  pack(value, context) {
    const [least, most] = sizes.pack(value, context)
    return { least, most }
  },
  unpack: ({ least, most }, context) => sizes.unpack([least, most], context),
})

export const tcpmss = match('tcpmss', {
  doc: 'The maximum segment size in the header of a TCP packet that opens a connection. Needs `-p tcp`.',
  revisions: { 0: XtTcpmssMatchInfo },
  options: {
    mss: option(size, 'the size or sizes, in bytes', { to: { least: 'least', most: 'most' }, not: { inverted: 1 }, required: true }),
  },
  list: ({ mss = 0 }, context) => `tcpmss match ${bang(mss)}${size.format(plain(mss), context)}`,
})
