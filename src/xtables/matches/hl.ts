import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { comparisons, listComparison } from '../kinds/comparison.js'
import { exactlyOne } from '../kinds/exclusive.js'
import { uint8 } from '../kinds/number.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter_ipv6/ip6t_hl.h */
const Ip6tHlInfo = struct('ip6t_hl_info', {
  mode: field(u8, 'mode', 'IP6T_HL_*: how the two compare'),
  hopLimit: field(u8, 'hop_limit', 'hop limit that the packet is compared with'),
})

const { equal, less, greater } = comparisons('hopLimit')

export const hl = match('hl', {
  doc: 'The hop limit in the IPv6 header.',
  families: ['ip6'],
  revisions: { 0: Ip6tHlInfo },
  options: {
    hlEq: option(uint8, 'the hop limit is this, 0 to 255', { ...equal, alias: ['--hl'] }),
    hlLt: option(uint8, 'the hop limit is less than this', less),
    hlGt: option(uint8, 'the hop limit is greater than this', greater),
  },
  check: (options) => exactlyOne(options, ['hlEq', 'hlLt', 'hlGt']),
  list: ({ hlEq, hlLt, hlGt }) => listComparison('HL', hlEq, hlLt, hlGt),
})
