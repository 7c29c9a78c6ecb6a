import { u8, u16 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { type Range, range } from '../kinds/range.js'
import { bang, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_length.h */
const XtLengthInfo = struct('xt_length_info', {
  least: field(u16, 'min', 'the least length'),
  greatest: field(u16, 'max', 'the greatest length'),
  inverted: field(u8, 'invert', 'matches packets of other lengths'),
})

const lengths = range({ max: 0xffff, backwards: true })

export const length = match('length', {
  doc: 'The length of the packet in bytes, its headers from layer 3 on counted in.',
  revisions: { 0: XtLengthInfo },
  options: {
    length: option(lengths, 'the length, or the least and the greatest, 0 to 65535 bytes', {
      required: true, negatable: true,
      pack(memory, value: Range, context, negated) {
        const [from, to] = lengths.pack(value, context)
        memory.set('least', from)
        memory.set('greatest', to)
        if (negated) memory.raise('inverted', 1)
      },
      unpack(memory, context) {
        const value = lengths.unpack([memory.get('least'), memory.get('greatest')], context)
        return memory.has('inverted', 1) ? { not: value } : value
      },
    }),
  },
  list: ({ length = 0 }, context) => `length ${bang(length)}${lengths.format(plain(length), context)}`,
})
