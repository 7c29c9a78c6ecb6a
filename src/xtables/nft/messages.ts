import { attr, attributes } from '../../netlink/wire/attributes.js'
import { be32, be64 } from '../../netlink/wire/integers.js'
import { bytes, cstring } from '../../netlink/wire/text.js'

// All of include/uapi/linux/netfilter/nf_tables.h. Rows stand in the order in which iptables-nft writes them.

/** NFT_MSG_* */
export const MESSAGE = {
  newTable: 0,
  getTable: 1,
  deleteTable: 2,
  newChain: 3,
  getChain: 4,
  deleteChain: 5,
  newRule: 6,
  getRule: 7,
  deleteRule: 8,
  newGeneration: 15,
  getGeneration: 16,
  trace: 17,
} as const

const name = cstring(256)

export const Generation = attributes('NFTA_GEN', {
  id: attr(1, be32, 'ID', 'counts the commits'),
  pid: attr(2, be32, 'PROC_PID', 'process that made the last one'),
  program: attr(3, name, 'PROC_NAME', 'name of its program'),
})

export const TableAttributes = attributes('NFTA_TABLE', {
  name: attr(1, name, 'NAME', 'name of the table'),
  flags: attr(2, be32, 'FLAGS', 'NFT_TABLE_F_*'),
  use: attr(3, be32, 'USE', 'chains in it'),
  handle: attr(4, be64, 'HANDLE', 'number of the table'),
})

export const Hook = attributes('NFTA_HOOK', {
  number: attr(1, be32, 'HOOKNUM', 'NF_INET_*'),
  priority: attr(2, be32, 'PRIORITY', 'place among those on the hook, 32 bits with a sign'),
})

export const CounterAttributes = attributes('NFTA_COUNTER', {
  packets: attr(2, be64, 'PACKETS', 'packets'),
  bytes: attr(1, be64, 'BYTES', 'bytes of the packets'),
})

export const ChainAttributes = attributes('NFTA_CHAIN', {
  table: attr(1, name, 'TABLE', 'table it is in'),
  handle: attr(2, be64, 'HANDLE', 'number of the chain'),
  name: attr(3, name, 'NAME', 'its name'),
  hook: attr(4, Hook, 'HOOK', 'where packets enter it'),
  policy: attr(5, be32, 'POLICY', 'NF_ACCEPT or NF_DROP'),
  counters: attr(8, CounterAttributes, 'COUNTERS', 'what the policy has decided on'),
  type: attr(7, name, 'TYPE', 'filter, nat or route'),
  use: attr(6, be32, 'USE', 'rules in it and jumps to it'),
})

/** NFTA_RULE_COMPAT: what checks of extensions ask for, and the kernel does not give back. */
export const RuleCompat = attributes('NFTA_RULE_COMPAT', {
  protocol: attr(1, be32, 'PROTO', 'number of the protocol; 0: any'),
  flags: attr(2, be32, 'FLAGS', 'NFT_RULE_COMPAT_F_*'),
})
/** NFT_RULE_COMPAT_F_INV: every protocol but that. */
export const COMPAT_INVERTED = 2

export const RuleAttributes = attributes('NFTA_RULE', {
  table: attr(1, name, 'TABLE', 'table it is in'),
  chain: attr(2, name, 'CHAIN', 'chain it is in'),
  handle: attr(3, be64, 'HANDLE', 'number of the rule'),
  expressions: attr(4, bytes, 'EXPRESSIONS', 'what it does'),
  compat: attr(5, RuleCompat, 'COMPAT', 'protocol, for the checks of extensions'),
  position: attr(6, be64, 'POSITION', 'the rule before or behind which it goes'),
  userdata: attr(7, bytes, 'USERDATA', 'what nft keeps with it'),
})

/** NFT_COMPAT_*: whether the kernel has an extension (include/uapi/linux/netfilter/nf_tables_compat.h). */
export const CompatQuestion = attributes('NFTA_COMPAT', {
  name: attr(1, cstring(32), 'NAME', 'name of the extension'),
  revision: attr(2, be32, 'REV', 'its revision'),
  type: attr(3, be32, 'TYPE', '0: match, 1: target'),
})

/** One message of a packet's way (NFNLGRP_NFTRACE). */
export const TraceAttributes = attributes('NFTA_TRACE', {
  table: attr(1, name, 'TABLE', 'table of the chain'),
  chain: attr(2, name, 'CHAIN', 'chain the packet is in'),
  handle: attr(3, be64, 'RULE_HANDLE', 'the rule it met'),
  type: attr(4, be32, 'TYPE', 'NFT_TRACETYPE_*'),
  verdict: attr(5, attributes('NFTA_VERDICT', {
    code: attr(1, be32, 'CODE', 'NF_* or NFT_*, 32 bits with a sign'),
    chain: attr(2, name, 'CHAIN', 'where a jump or a goto leads'),
  }), 'VERDICT', 'what became of it'),
  id: attr(6, be32, 'ID', 'number of the packet'),
  linkHeader: attr(7, bytes, 'LL_HEADER', 'header of the link layer'),
  networkHeader: attr(8, bytes, 'NETWORK_HEADER', 'header of the network layer'),
  transportHeader: attr(9, bytes, 'TRANSPORT_HEADER', 'header of the transport layer'),
  inIndex: attr(10, be32, 'IIF', 'index of the interface it came in by'),
  inType: attr(11, bytes, 'IIFTYPE', 'kind of that interface'),
  outIndex: attr(12, be32, 'OIF', 'index of the interface it leaves by'),
  outType: attr(13, bytes, 'OIFTYPE', 'kind of that interface'),
  mark: attr(14, be32, 'MARK', "the packet's mark"),
  family: attr(15, be32, 'NFPROTO', 'family of the packet'),
  policy: attr(16, be32, 'POLICY', 'policy that decided'),
})
