import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { comparisons, listComparison } from '../kinds/comparison.js'
import { exactlyOne } from '../kinds/exclusive.js'
import { uint8 } from '../kinds/number.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter_ipv4/ipt_ttl.h */
const IptTtlInfo = struct('ipt_ttl_info', {
  mode: field(u8, 'mode', 'IPT_TTL_*: how the two compare'),
  ttl: field(u8, 'ttl', 'time to live that the packet is compared with'),
})

const { equal, less, greater } = comparisons('ttl')

export const ttl = match('ttl', {
  doc: 'The time to live in the IPv4 header.',
  families: ['ip'],
  revisions: { 0: IptTtlInfo },
  options: {
    ttlEq: option(uint8, 'the time to live is this, 0 to 255', { ...equal, alias: ['--ttl'] }),
    ttlLt: option(uint8, 'the time to live is less than this', less),
    ttlGt: option(uint8, 'the time to live is greater than this', greater),
  },
  check: (options) => exactlyOne(options, ['ttlEq', 'ttlLt', 'ttlGt']),
  list: ({ ttlEq, ttlLt, ttlGt }) => listComparison('TTL', ttlEq, ttlLt, ttlGt),
})
