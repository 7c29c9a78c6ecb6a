import { u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'

/** No header has it: the kernel takes an int that means nothing (net/ipv6/netfilter/ip6t_eui64.c). */
const Int = struct('int', {
  unused: field(u32, '', 'always zero'),
})

export const eui64 = match('eui64', {
  tight: true,
  doc: 'The lower half of the source address is made of the hardware address of the sender (EUI-64).',
  families: ['ip6'],
  revisions: { 0: Int },
  options: {},
  // What iptables-legacy says of a match that prints nothing itself.
  list: () => 'eui64 ',
})
