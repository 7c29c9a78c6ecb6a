import { array, blob } from '../netlink/wire/array.js'
import { be32, s32, u8, u16, u32, u64 } from '../netlink/wire/integers.js'
import { field, struct } from '../netlink/wire/struct.js'
import { chars } from '../netlink/wire/text.js'

/** Bytes of an interface name with its NUL (include/uapi/linux/if.h: IFNAMSIZ). */
export const INTERFACE_SIZE = 16
/** Bytes of an extension's name with its NUL (include/uapi/linux/netfilter/x_tables.h: XT_EXTENSION_MAXNAMELEN). */
export const EXTENSION_NAME_SIZE = 29
/** Bytes of a chain's name with its NUL, in the ERROR target (x_tables.h: XT_FUNCTION_MAXNAMELEN). */
export const CHAIN_NAME_SIZE = 30
/** Bytes of a table's name with its NUL (x_tables.h: XT_TABLE_MAXNAMELEN). */
export const TABLE_NAME_SIZE = 32
/** Bytes in front of the data of a match or target: size, name, revision. */
export const EXTENSION_HEADER = 32

/** What an address, interface or protocol is negated by (include/uapi/linux/netfilter_ipv4/ip_tables.h: IPT_INV_*). */
export const INVERTED = { inInterface: 0x01, outInterface: 0x02, source: 0x08, destination: 0x10, fragment: 0x20, protocol: 0x40 } as const

/** What ends the entry of both families. */
const LINKS = {
  cache: field(u32, 'nfcache', 'not used'),
  targetOffset: field(u16, 'target_offset', 'bytes from the start of the entry to its target'),
  nextOffset: field(u16, 'next_offset', 'bytes from the start of the entry to the next'),
  comeFrom: field(u32, 'comefrom', "the kernel's: hooks that reach the entry"),
  packets: field(u64, 'pcnt', 'packets counted'),
  bytes: field(u64, 'bcnt', 'bytes counted'),
} as const

/** include/uapi/linux/netfilter_ipv4/ip_tables.h: struct ipt_entry */
export const IptEntry = struct('ipt_entry', {
  source: field(be32, 'src', 'source address'),
  destination: field(be32, 'dst', 'destination address'),
  sourceMask: field(be32, 'smsk', 'bits of the source address that count'),
  destinationMask: field(be32, 'dmsk', 'bits of the destination address that count'),
  inInterface: field(blob(16), 'iniface', 'name of the interface the packet came in by'),
  outInterface: field(blob(16), 'outiface', 'name of the interface the packet leaves by'),
  inInterfaceMask: field(blob(16), 'iniface_mask', 'bytes of that name that count'),
  outInterfaceMask: field(blob(16), 'outiface_mask', 'bytes of that name that count'),
  protocol: field(u16, 'proto', 'IP protocol; 0: any'),
  flags: field(u8, 'flags', 'IPT_F_FRAG, IPT_F_GOTO'),
  inverted: field(u8, 'invflags', 'IPT_INV_*'),
  ...LINKS,
})

/** include/uapi/linux/netfilter_ipv6/ip6_tables.h: struct ip6t_entry */
export const Ip6tEntry = struct('ip6t_entry', {
  source: field(blob(16, 4), 'src', 'source address'),
  destination: field(blob(16, 4), 'dst', 'destination address'),
  sourceMask: field(blob(16, 4), 'smsk', 'bits of the source address that count'),
  destinationMask: field(blob(16, 4), 'dmsk', 'bits of the destination address that count'),
  inInterface: field(blob(16), 'iniface', 'name of the interface the packet came in by'),
  outInterface: field(blob(16), 'outiface', 'name of the interface the packet leaves by'),
  inInterfaceMask: field(blob(16), 'iniface_mask', 'bytes of that name that count'),
  outInterfaceMask: field(blob(16), 'outiface_mask', 'bytes of that name that count'),
  protocol: field(u16, 'proto', 'upper-layer protocol; 0: any'),
  tos: field(u8, 'tos', 'traffic class, where the flag says so'),
  flags: field(u8, 'flags', 'IP6T_F_PROTO, IP6T_F_TOS, IP6T_F_GOTO'),
  inverted: field(u8, 'invflags', 'IP6T_INV_*'),
  ...LINKS,
})

/** include/uapi/linux/netfilter/x_tables.h: struct xt_entry_match, and struct xt_entry_target, which is the same. */
export const ExtensionHeader = struct('xt_entry_match', {
  size: field(u16, 'match_size', 'bytes of all of it'),
  name: field(chars(EXTENSION_NAME_SIZE), 'name', 'name in the kernel'),
  revision: field(u8, 'revision', 'revision of its struct'),
})

/** x_tables.h: struct xt_standard_target, without its header */
export const StandardTarget = struct('xt_standard_target', {
  verdict: field(s32, 'verdict', 'below 0: the verdict, -1 less what the hook returns; else where to go on'),
})

/** x_tables.h: struct xt_error_target, without its header */
export const ErrorTarget = struct('xt_error_target', {
  chain: field(chars(CHAIN_NAME_SIZE), 'errorname', 'name of the chain that begins behind it; ERROR at the end of the table'),
})

/** ip_tables.h: struct ipt_getinfo, and struct ip6t_getinfo, which is the same. */
export const TableInfo = struct('ipt_getinfo', {
  name: field(chars(TABLE_NAME_SIZE), 'name', 'name of the table'),
  validHooks: field(u32, 'valid_hooks', 'a bit for each hook the table has a chain at'),
  hookEntry: field(array(u32, 5), 'hook_entry', 'where the chain of each hook begins'),
  underflow: field(array(u32, 5), 'underflow', 'where the policy of each hook stands'),
  entries: field(u32, 'num_entries', 'number of entries'),
  size: field(u32, 'size', 'bytes of all entries'),
})

/** ip_tables.h: struct ipt_replace, without the entries behind it. */
export const TableReplace = struct('ipt_replace', {
  name: field(chars(TABLE_NAME_SIZE), 'name', 'name of the table'),
  validHooks: field(u32, 'valid_hooks', 'a bit for each hook the table has a chain at'),
  entries: field(u32, 'num_entries', 'number of new entries'),
  size: field(u32, 'size', 'bytes of all new entries'),
  hookEntry: field(array(u32, 5), 'hook_entry', 'where the chain of each hook begins'),
  underflow: field(array(u32, 5), 'underflow', 'where the policy of each hook stands'),
  oldEntries: field(u32, 'num_counters', 'number of entries the table has now'),
  counters: field(u64, 'counters', 'address of the memory that takes their counters'),
})

/** ip_tables.h: struct ipt_get_entries, without the entries behind it. */
export const TableEntries = struct('ipt_get_entries', {
  name: field(chars(TABLE_NAME_SIZE), 'name', 'name of the table'),
  size: field(u64, 'size', 'bytes of all entries, and padding'),
})

/** x_tables.h: struct xt_counters_info, without the counters behind it. */
export const CountersInfo = struct('xt_counters_info', {
  name: field(chars(TABLE_NAME_SIZE), 'name', 'name of the table'),
  entries: field(u64, 'num_counters', 'number of counters, and padding'),
})

/** x_tables.h: struct xt_get_revision */
export const RevisionQuestion = struct('xt_get_revision', {
  name: field(chars(EXTENSION_NAME_SIZE), 'name', 'name of a match or target'),
  revision: field(u8, 'revision', 'revision asked for'),
})
