import { blob } from '../../netlink/wire/array.js'
import { be16, be32, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import type { Memory } from '../option.js'

/** NF_NAT_RANGE_* (include/uapi/linux/netfilter/nf_nat.h). */
export const NAT = {
  address: 0x01, ports: 0x02, random: 0x04, persistent: 0x08, randomFully: 0x10, basePort: 0x20,
} as const

/** include/uapi/linux/netfilter/nf_nat.h */
export const NfNatIpv4MultiRangeCompat = struct('nf_nat_ipv4_multi_range_compat', {
  rangeSize: field(u32, 'rangesize', 'ranges that follow: one'),
  flags: field(u32, 'range[0].flags', 'NF_NAT_RANGE_*'),
  minAddress: field(be32, 'range[0].min_ip', 'first address'),
  maxAddress: field(be32, 'range[0].max_ip', 'last address'),
  minPort: field(be16, 'range[0].min.all', 'first port'),
  maxPort: field(be16, 'range[0].max.all', 'last port'),
})

const range = {
  flags: field(u32, 'flags', 'NF_NAT_RANGE_*'),
  minAddress: field(blob(16, 4), 'min_addr', 'first address'),
  maxAddress: field(blob(16, 4), 'max_addr', 'last address'),
  minPort: field(be16, 'min_proto.all', 'first port'),
  maxPort: field(be16, 'max_proto.all', 'last port'),
} as const

/** include/uapi/linux/netfilter/nf_nat.h */
export const NfNatRange = struct('nf_nat_range', range)

/** include/uapi/linux/netfilter/nf_nat.h */
export const NfNatRange2 = struct('nf_nat_range2', {
  ...range,
  basePort: field(be16, 'base_proto.all', 'port of the packet that becomes the first port'),
})

/** Says that there is one range, where the struct has room for more. */
export function finishRange(memory: Memory): void {
  if (memory.knows('rangeSize')) memory.set('rangeSize', 1)
}
