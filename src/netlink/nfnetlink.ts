import { beginMessage, finishMessage, type Message } from './message.js'
import { attr, attributes } from './wire/attributes.js'
import type { Infer } from './wire/codec.js'
import type { Writer } from './wire/cursor.js'
import { be16, be32, u8 } from './wire/integers.js'
import { field, struct } from './wire/struct.js'

/** include/uapi/linux/netfilter/nfnetlink.h: struct nfgenmsg, first in the body of every nfnetlink message. */
export const NfGenMsg = struct('nfgenmsg', {
  family: field(u8, 'nfgen_family', 'address family'),
  version: field(u8, 'version', 'NFNETLINK_V0'),
  resource: field(be16, 'res_id', 'subsystem of a batch, queue or group elsewhere'),
})
export interface NfGenMsg extends Infer<typeof NfGenMsg> {}

/** include/uapi/linux/netfilter/nfnetlink.h: NFNL_SUBSYS_* */
export const SUBSYSTEM = {
  conntrack: 1, // NFNL_SUBSYS_CTNETLINK
  queue: 3, // NFNL_SUBSYS_QUEUE
  ulog: 4, // NFNL_SUBSYS_ULOG
  ipset: 6, // NFNL_SUBSYS_IPSET
  account: 7, // NFNL_SUBSYS_ACCT
  timeout: 8, // NFNL_SUBSYS_CTNETLINK_TIMEOUT
  nftables: 10, // NFNL_SUBSYS_NFTABLES
  compat: 11, // NFNL_SUBSYS_NFT_COMPAT
} as const

/** include/uapi/linux/socket.h and netfilter.h: the families in nfgen_family and IPSET_ATTR_FAMILY. */
export const FAMILY = { unspec: 0, inet: 2, inet6: 10 } as const

const BATCH_BEGIN = 16 // NFNL_MSG_BATCH_BEGIN = NLMSG_MIN_TYPE
const BATCH_END = 17 // NFNL_MSG_BATCH_END

/** The message type of a subsystem's command. */
export function messageType(subsystem: number, command: number): number {
  return (subsystem << 8) | command
}

/** Begins a message of a subsystem, its nfgenmsg included; end it with `finishMessage`. */
export function beginNfMessage(writer: Writer, type: number, flags: number, family: number, sequence = 0): number {
  const start = beginMessage(writer, type, flags, sequence)
  const at = writer.reserve(4)
  writer.bytes[at] = family
  writer.bytes[at + 1] = 0
  writer.bytes[at + 2] = 0
  writer.bytes[at + 3] = 0
  return start
}

/** include/uapi/linux/netfilter/nfnetlink.h: NFNL_BATCH_* */
const BatchAttributes = attributes('NFNL_BATCH', {
  generation: attr(1, be32, 'GENID', 'what the batch was planned on; the kernel refuses it where that has changed'),
})

/** The message that opens or closes a batch of a subsystem, which the kernel applies as one. */
export function batchMessage(writer: Writer, edge: 'begin' | 'end', subsystem: number, flags: number, sequence: number, generation?: number): void {
  const start = beginMessage(writer, edge === 'begin' ? BATCH_BEGIN : BATCH_END, flags, sequence)
  NfGenMsg.write(writer, { family: 0, version: 0, resource: subsystem })
  if (generation !== undefined) BatchAttributes.write(writer, { generation })
  finishMessage(writer, start)
}

/** Steps over the nfgenmsg of a message, and gives it. */
export function readNfGenMsg(message: Message): NfGenMsg {
  return NfGenMsg.read(message.body)
}
