import { bitField } from '../../netlink/wire/bits.js'
import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { atLeastOne, atMostOne } from '../kinds/exclusive.js'
import { uint } from '../kinds/number.js'
import { line } from '../list.js'
import { flag, type Memory, option } from '../option.js'

/** include/uapi/linux/netfilter_ipv4/ipt_ECN.h */
const IptEcnInfo = struct('ipt_ECN_info', {
  operation: field(u8, 'operation', 'IPT_ECN_OP_*: what is set'),
  codepoint: field(u8, 'ip_ect', 'ECN bits of the IPv4 header'),
  tcp: field(u8, 'proto', 'the TCP flags ECE and CWR'),
})

const SET_IP = 0x01
const SET_ECE = 0x10
const SET_CWR = 0x20

const ECE = bitField(0)
const CWR = bitField(1)

/** Both TCP flags cleared and nothing else changed: has a name of its own. */
function removes(memory: Memory): boolean {
  return memory.get('operation') === (SET_ECE | SET_CWR) && memory.get('tcp') === 0
}

/** Where a TCP flag stands. */
function tcpFlag(operation: number, bit: number) {
  return {
    pack(memory: Memory, value: number) {
      memory.raise('operation', operation)
      if (value === 1) memory.raise('tcp', bit)
    },
    unpack(memory: Memory) {
      if (removes(memory) || !memory.has('operation', operation)) return undefined
      return memory.has('tcp', bit) ? 1 : 0
    },
  }
}

const bit = uint({ max: 1 })

export const ECN = target('ECN', {
  doc: 'Changes Explicit Congestion Notification in the IPv4 and the TCP header. Its TCP options need `-p tcp`.',
  families: ['ip'],
  tables: ['mangle'],
  revisions: { 0: IptEcnInfo },
  options: {
    ecnTcpRemove: flag('clears the TCP flags ECE and CWR', {
      pack: (memory) => memory.raise('operation', SET_ECE | SET_CWR),
      unpack: (memory) => removes(memory) || undefined,
    }),
    ecnTcpEce: option(bit, 'what the TCP flag ECE (congestion echo) becomes, 0 or 1', tcpFlag(SET_ECE, ECE)),
    ecnTcpCwr: option(bit, 'what the TCP flag CWR (congestion window reduced) becomes, 0 or 1', tcpFlag(SET_CWR, CWR)),
    ecnIpEct: option(uint({ max: 3 }), 'what the ECN codepoint of the IPv4 header becomes, 0 to 3', {
      to: 'codepoint', set: { operation: SET_IP },
    }),
  },
  check(options) {
    atMostOne(options, ['ecnTcpRemove', 'ecnTcpEce'])
    atMostOne(options, ['ecnTcpRemove', 'ecnTcpCwr'])
    atLeastOne(options, ['ecnTcpRemove', 'ecnTcpEce', 'ecnTcpCwr', 'ecnIpEct'])
  },
  list: ({ ecnTcpRemove, ecnTcpEce, ecnTcpCwr, ecnIpEct }) => line(
    'ECN', ecnTcpRemove && 'TCP remove', ecnTcpEce !== undefined && `ECE=${ecnTcpEce}`,
    ecnTcpCwr !== undefined && `CWR=${ecnTcpCwr}`, ecnIpEct !== undefined && `ECT codepoint=${ecnIpEct}`,
  ),
})
