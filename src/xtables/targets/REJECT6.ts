import { u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { choice } from '../kinds/names.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter_ipv6/ip6t_REJECT.h */
const Ip6tRejectInfo = struct('ip6t_reject_info', {
  with: field(u32, 'with', 'what is sent back'),
})

const ANSWERS = {
  'icmp6-no-route': 0, 'icmp6-adm-prohibited': 1, 'icmp6-addr-unreachable': 3, 'icmp6-port-unreachable': 4,
  'tcp-reset': 6, 'icmp6-policy-fail': 7, 'icmp6-reject-route': 8,
} as const

const ALIASES = {
  'no-route': 0, 'adm-prohibited': 1, 'addr-unreach': 3, 'port-unreach': 4, 'policy-fail': 7, 'reject-route': 8,
} as const

export const REJECT6 = target('REJECT', {
  doc: 'Drops the packet and tells its sender so.',
  families: ['ip6'],
  tables: ['filter'],
  revisions: { 0: Ip6tRejectInfo },
  options: {
    rejectWith: option(choice(ANSWERS, { alias: ALIASES, anyCase: true, prefix: true }), 'what is sent back', {
      to: 'with', fallback: 4,
    }),
  },
  list: ({ rejectWith }) => `reject-with ${rejectWith}`,
})
