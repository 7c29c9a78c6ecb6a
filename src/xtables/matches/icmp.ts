import { array } from '../../netlink/wire/array.js'
import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { isNot } from '../kind.js'
import { icmpTypes, listIcmpType } from '../kinds/icmp-type.js'
import { plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter_ipv4/ip_tables.h */
const IptIcmp = struct('ipt_icmp', {
  type: field(u8, 'type', 'type of the message; 255: any'),
  codes: field(array(u8, 2), 'code', 'first and last code'),
  inverted: field(u8, 'invflags', 'IPT_ICMP_INV'),
})

const TYPES = {
  any: 255,
  'echo-reply': 0,
  'destination-unreachable': 3, 'network-unreachable': [3, 0], 'host-unreachable': [3, 1], 'protocol-unreachable': [3, 2],
  'port-unreachable': [3, 3], 'fragmentation-needed': [3, 4], 'source-route-failed': [3, 5], 'network-unknown': [3, 6],
  'host-unknown': [3, 7], 'network-prohibited': [3, 9], 'host-prohibited': [3, 10], 'TOS-network-unreachable': [3, 11],
  'TOS-host-unreachable': [3, 12], 'communication-prohibited': [3, 13], 'host-precedence-violation': [3, 14],
  'precedence-cutoff': [3, 15],
  'source-quench': 4,
  redirect: 5, 'network-redirect': [5, 0], 'host-redirect': [5, 1], 'TOS-network-redirect': [5, 2], 'TOS-host-redirect': [5, 3],
  'echo-request': 8, 'router-advertisement': 9, 'router-solicitation': 10,
  'time-exceeded': 11, 'ttl-zero-during-transit': [11, 0], 'ttl-zero-during-reassembly': [11, 1],
  'parameter-problem': 12, 'ip-header-bad': [12, 0], 'required-option-missing': [12, 1],
  'timestamp-request': 13, 'timestamp-reply': 14, 'address-mask-request': 17, 'address-mask-reply': 18,
} as const

const icmpType = icmpTypes(TYPES, { pong: 0, ping: 8, 'ttl-exceeded': 11 })

export const icmp = match('icmp', {
  doc: 'The type and code of an ICMP message. Loaded by `-p icmp` when its option is used.',
  families: ['ip'],
  revisions: { 0: IptIcmp },
  options: {
    icmpType: option(icmpType, 'type of the message by name or number, or `{ type, code }`, each from 0 to 255', {
      to: { type: 'type', codes: 'codes' }, not: { inverted: 1 }, required: true,
    }),
  },
  list({ icmpType: given = 'any' }, context) {
    const value = plain(given)
    return listIcmpType('icmp', value, isNot(given), icmpType.pack(value, context), context.numeric)
  },
})
