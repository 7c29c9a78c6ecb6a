import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { atLeastOne } from '../kinds/exclusive.js'
import { uint } from '../kinds/number.js'
import { bang, line, plain } from '../list.js'
import { flag, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_ecn.h */
const XtEcnInfo = struct('xt_ecn_info', {
  operation: field(u8, 'operation', 'XT_ECN_OP_MATCH_*: what is looked at'),
  inverted: field(u8, 'invert', 'those of them that are negated'),
  codepoint: field(u8, 'ip_ect', 'ECN bits of the IP header'),
  tcp: field(u8, 'proto.tcp.ect', 'unused'),
})

export const ecn = match('ecn', {
  doc: 'Explicit Congestion Notification in the IP and the TCP header. Its TCP options need `-p tcp`.',
  revisions: { 0: XtEcnInfo },
  options: {
    ecnTcpEce: flag('the TCP flag ECE (congestion echo) is set', { set: { operation: 0x10 }, not: { inverted: 0x10 } }),
    ecnTcpCwr: flag('the TCP flag CWR (congestion window reduced) is set', {
      set: { operation: 0x20 }, not: { inverted: 0x20 },
    }),
    ecnIpEct: option(uint({ max: 3 }), 'the ECN codepoint of the IP header, 0 to 3', {
      to: 'codepoint', set: { operation: 0x01 }, not: { inverted: 0x01 },
    }),
  },
  check: (options) => atLeastOne(options, ['ecnTcpEce', 'ecnTcpCwr', 'ecnIpEct']),
  list: ({ ecnTcpEce, ecnTcpCwr, ecnIpEct }) => line(
    'ECN match', ecnTcpEce !== undefined && `${bang(ecnTcpEce)}ECE`, ecnTcpCwr !== undefined && `${bang(ecnTcpCwr)}CWR`,
    ecnIpEct !== undefined && `${bang(ecnIpEct)}ECT=${plain(ecnIpEct)}`,
  ),
})
