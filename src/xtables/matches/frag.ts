import { array } from '../../netlink/wire/array.js'
import { u8, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { atMostOne } from '../kinds/exclusive.js'
import { uint32 } from '../kinds/number.js'
import { ALL32, isNarrow, listRange, range32 } from '../kinds/open-range.js'
import { bang, plain } from '../list.js'
import { flag, option } from '../option.js'

/** include/uapi/linux/netfilter_ipv6/ip6t_frag.h */
const Ip6tFrag = struct('ip6t_frag', {
  ids: field(array(u32, 2), 'ids', 'first and last identification'),
  length: field(u32, 'hdrlen', 'length of the header'),
  flags: field(u8, 'flags', 'IP6T_FRAG_*: what is looked at'),
  inverted: field(u8, 'invflags', 'IP6T_FRAG_INV_*'),
})

export const frag = match('frag', {
  doc: 'The fragment header of IPv6.',
  families: ['ip6'],
  revisions: { 0: Ip6tFrag },
  options: {
    fragid: option(range32, 'identification of the packet, or a range', {
      to: 'ids', set: { flags: 0x01 }, not: { inverted: 0x01 }, fallback: ALL32,
      shown: ({ fragid }) => isNarrow(fragid),
    }),
    fraglen: option(uint32, 'length of the header; the kernel does not look at it', {
      to: 'length', set: { flags: 0x02 }, not: { inverted: 0x02 },
    }),
    fragres: flag('the reserved bits are set', { set: { flags: 0x04 } }),
    fragfirst: flag('the first fragment', { set: { flags: 0x08 } }),
    fragmore: flag('more fragments follow', { set: { flags: 0x10 } }),
    fraglast: flag('the last fragment', { set: { flags: 0x20 } }),
  },
  check: (options) => atMostOne(options, ['fragmore', 'fraglast']),
  list: ({ fragid, fraglen, fragres, fragfirst, fragmore, fraglast }) => `frag ${listRange('id', fragid)}${[
    fraglen !== undefined && `length:${bang(fraglen)}${plain(fraglen)}`,
    fragres && 'reserved', fragfirst && 'first', fragmore && 'more', fraglast && 'last',
  ].filter(Boolean).map((word) => ` ${word}`).join('')}`,
})
