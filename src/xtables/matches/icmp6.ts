import { array } from '../../netlink/wire/array.js'
import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { isNot } from '../kind.js'
import { icmpTypes, listIcmpType } from '../kinds/icmp-type.js'
import { plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter_ipv6/ip6_tables.h */
const Ip6tIcmp = struct('ip6t_icmp', {
  type: field(u8, 'type', 'type of the message'),
  codes: field(array(u8, 2), 'code', 'first and last code'),
  inverted: field(u8, 'invflags', 'IP6T_ICMP_INV'),
})

const TYPES = {
  'destination-unreachable': 1, 'no-route': [1, 0], 'communication-prohibited': [1, 1], 'beyond-scope': [1, 2],
  'address-unreachable': [1, 3], 'port-unreachable': [1, 4], 'failed-policy': [1, 5], 'reject-route': [1, 6],
  'packet-too-big': 2,
  'time-exceeded': 3, 'ttl-zero-during-transit': [3, 0], 'ttl-zero-during-reassembly': [3, 1],
  'parameter-problem': 4, 'bad-header': [4, 0], 'unknown-header-type': [4, 1], 'unknown-option': [4, 2],
  'echo-request': 128, 'echo-reply': 129, 'router-solicitation': 133, 'router-advertisement': 134,
  'neighbour-solicitation': 135, 'neighbour-advertisement': 136, redirect: 137,
} as const

const ALIASES = { 'ttl-exceeded': 3, ping: 128, pong: 129, 'neighbor-solicitation': 135, 'neighbor-advertisement': 136 }

const icmpv6Type = icmpTypes(TYPES, ALIASES)

export const icmp6 = match('icmp6', {
  doc: 'The type and code of an ICMPv6 message. Loaded by `-p icmpv6` when its option is used.',
  families: ['ip6'],
  alias: ['icmpv6', 'ipv6-icmp'],
  revisions: { 0: Ip6tIcmp },
  options: {
    icmpv6Type: option(icmpv6Type, 'type of the message by name or number, or `{ type, code }`, each from 0 to 255', {
      to: { type: 'type', codes: 'codes' }, not: { inverted: 1 }, required: true,
    }),
  },
  list({ icmpv6Type: given = 0 }, context) {
    const value = plain(given)
    return listIcmpType('ipv6-icmp', value, isNot(given), icmpv6Type.pack(value, context), context.numeric)
  },
})
