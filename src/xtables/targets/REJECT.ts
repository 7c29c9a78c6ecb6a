import { u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { choice } from '../kinds/names.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter_ipv4/ipt_REJECT.h */
const IptRejectInfo = struct('ipt_reject_info', {
  with: field(u32, 'with', 'what is sent back'),
})

const ANSWERS = {
  'icmp-net-unreachable': 0, 'icmp-host-unreachable': 1, 'icmp-proto-unreachable': 2, 'icmp-port-unreachable': 3,
  'icmp-net-prohibited': 5, 'icmp-host-prohibited': 6, 'tcp-reset': 7, 'icmp-admin-prohibited': 8,
} as const

const ALIASES = {
  'net-unreach': 0, 'host-unreach': 1, 'proto-unreach': 2, 'port-unreach': 3,
  'net-prohib': 5, 'host-prohib': 6, 'tcp-rst': 7, 'admin-prohib': 8,
} as const

export const REJECT = target('REJECT', {
  doc: 'Drops the packet and tells its sender so.',
  families: ['ip'],
  tables: ['filter'],
  revisions: { 0: IptRejectInfo },
  options: {
    rejectWith: option(choice(ANSWERS, { alias: ALIASES, anyCase: true, prefix: true }), 'what is sent back', {
      to: 'with', fallback: 3,
    }),
  },
  list: ({ rejectWith }) => `reject-with ${rejectWith}`,
})
