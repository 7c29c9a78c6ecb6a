import type { Infer } from './wire/codec.js'
import { u16, u32 } from './wire/integers.js'
import { field, struct } from './wire/struct.js'

/** include/uapi/linux/netlink.h: struct nlmsghdr */
export const Header = struct('nlmsghdr', {
  length: field(u32, 'nlmsg_len', 'bytes of the message with this header, without the padding after it'),
  type: field(u16, 'nlmsg_type', 'what the message is: below 16 the protocol itself, above it the subsystem'),
  flags: field(u16, 'nlmsg_flags', 'NLM_F_*'),
  sequence: field(u32, 'nlmsg_seq', 'number that ties an answer to its request'),
  port: field(u32, 'nlmsg_pid', 'the address of the socket that sent the request'),
})
export interface Header extends Infer<typeof Header> {}

/** Bytes of a message header. */
export const HEADER_SIZE = Header.size

/** include/uapi/linux/netlink.h: NLM_F_*, those of requests, answers and acknowledgements. */
export const NLM_F = {
  request: 0x1, // NLM_F_REQUEST
  multi: 0x2, // NLM_F_MULTI
  ack: 0x4, // NLM_F_ACK
  dumpInterrupted: 0x10, // NLM_F_DUMP_INTR
  dump: 0x300, // NLM_F_DUMP = NLM_F_ROOT | NLM_F_MATCH
  exclusive: 0x200, // NLM_F_EXCL
  create: 0x400, // NLM_F_CREATE
  append: 0x800, // NLM_F_APPEND
  capped: 0x100, // NLM_F_CAPPED
  ackTlvs: 0x200, // NLM_F_ACK_TLVS
} as const

/** Message types of the protocol itself. */
export const NLMSG = {
  noop: 1, // NLMSG_NOOP
  error: 2, // NLMSG_ERROR
  done: 3, // NLMSG_DONE
  overrun: 4, // NLMSG_OVERRUN
} as const

/** include/uapi/linux/netlink.h: NETLINK_NETFILTER */
export const NETLINK_NETFILTER = 12
