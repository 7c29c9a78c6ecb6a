import { ipv4, ipv6, mac } from '../netlink/wire/address.js'
import { attr, attributes, enter, leave, TYPE_MASK } from '../netlink/wire/attributes.js'
import type { Codec, Infer } from '../netlink/wire/codec.js'
import { ProtocolError } from '../netlink/wire/error.js'
import { be16, be32, be32pair, be64, u8 } from '../netlink/wire/integers.js'
import { list } from '../netlink/wire/list.js'
import { cstring } from '../netlink/wire/text.js'

/** include/uapi/linux/netfilter/ipset/ip_set.h: IPSET_MAXNAMELEN, the closing NUL included. */
export const NAME_SIZE = 32
/** ip_set.h: IPSET_MAX_COMMENT_SIZE, without the closing NUL. */
export const COMMENT_MAX = 255
/** include/uapi/linux/if.h: IFNAMSIZ, the closing NUL included. */
export const IFACE_SIZE = 16

/** ipset flags every scalar that is in network byte order. */
const big = { announceByteOrder: true } as const

const AddressNest = attributes('IPSET_ATTR_IPADDR', {
  ipv4: attr(1, ipv4, 'IPV4', 'IPv4 address'),
  ipv6: attr(2, ipv6, 'IPV6', 'IPv6 address'),
}, big)

/** An address of either family as text; the nest around it says which. */
export const Address: Codec<string> & { readonly byType: typeof AddressNest.byType } = {
  name: AddressNest.name,
  nested: true,
  byType: AddressNest.byType,
  write: (writer, value) => AddressNest.write(writer, value.includes(':') ? { ipv6: value } : { ipv4: value }),
  read(reader) {
    const { at, end } = reader
    const type = enter(reader, end, AddressNest.name) & TYPE_MASK
    const address = type === 1 ? ipv4.read(reader) : type === 2 ? ipv6.read(reader) : undefined
    if (address === undefined) throw new ProtocolError('an address nest without an address', { offset: at })
    leave(reader, at, end)
    return address
  },
}

const Name = cstring(NAME_SIZE)

/** What a set is made of: ip_set.h, the CADT and create-only attributes. `elements` and on are the kernel's own. */
export const Create = attributes('IPSET_ATTR_CREATE', {
  ip: attr(1, Address, 'IP', 'first address of a bitmap'),
  ipTo: attr(2, Address, 'IP_TO', 'last address of a bitmap'),
  cidr: attr(3, u8, 'CIDR', 'prefix length of a bitmap'),
  port: attr(4, be16, 'PORT', 'first port of a bitmap'),
  portTo: attr(5, be16, 'PORT_TO', 'last port of a bitmap'),
  timeout: attr(6, be32, 'TIMEOUT', 'seconds an entry lives unless it says otherwise; 0 is for ever'),
  flags: attr(8, be32, 'CADT_FLAGS', 'counters, comment, forceadd, skbinfo'),
  markmask: attr(11, be32, 'MARKMASK', 'bits of the mark that are stored'),
  bitmask: attr(12, Address, 'BITMASK', 'bits of the address that are stored'),
  initval: attr(17, be32, 'INITVAL', 'seed of the hash'),
  hashsize: attr(18, be32, 'HASHSIZE', 'buckets, a power of two'),
  maxelem: attr(19, be32, 'MAXELEM', 'most entries the set takes'),
  netmask: attr(20, u8, 'NETMASK', 'prefix length to which addresses are cut'),
  bucketsize: attr(21, u8, 'BUCKETSIZE', 'most entries of a bucket before the hash grows'),
  resize: attr(22, u8, 'RESIZE', 'not used any more'),
  size: attr(23, be32, 'SIZE', 'most sets a list takes'),
  elements: attr(24, be32, 'ELEMENTS', 'entries in the set'),
  references: attr(25, be32, 'REFERENCES', 'users of the set in the kernel'),
  memsize: attr(26, be32, 'MEMSIZE', 'bytes of memory it takes'),
}, big)
export interface Create extends Infer<typeof Create> {}

/** One entry: ip_set.h, the CADT and ADT attributes. `lineno` comes last, where the C tool writes it. */
export const Entry = attributes('IPSET_ATTR_ADT', {
  ip: attr(1, Address, 'IP', 'address, or first of a range'),
  ipTo: attr(2, Address, 'IP_TO', 'last address of a range'),
  cidr: attr(3, u8, 'CIDR', 'prefix length'),
  port: attr(4, be16, 'PORT', 'port, or first of a range; for ICMP type * 256 + code'),
  portTo: attr(5, be16, 'PORT_TO', 'last port of a range'),
  timeout: attr(6, be32, 'TIMEOUT', 'seconds until the entry expires'),
  protocol: attr(7, u8, 'PROTO', 'transport protocol of the port'),
  flags: attr(8, be32, 'CADT_FLAGS', 'before, physdev, nomatch, wildcard'),
  mark: attr(10, be32, 'MARK', 'packet mark'),
  mac: attr(17, mac, 'ETHER', 'hardware address'),
  name: attr(18, Name, 'NAME', 'member of a list of sets'),
  nameref: attr(19, Name, 'NAMEREF', 'the member beside which it stands'),
  ip2: attr(20, Address, 'IP2', 'second address, or first of a range'),
  cidr2: attr(21, u8, 'CIDR2', 'prefix length of the second address'),
  ip2To: attr(22, Address, 'IP2_TO', 'last second address of a range'),
  iface: attr(23, cstring(IFACE_SIZE), 'IFACE', 'interface name'),
  bytes: attr(24, be64, 'BYTES', 'bytes counted'),
  packets: attr(25, be64, 'PACKETS', 'packets counted'),
  comment: attr(26, cstring(COMMENT_MAX + 1), 'COMMENT', 'free text kept with the entry'),
  skbmark: attr(27, be32pair, 'SKBMARK', 'mark and mask to give to matching packets'),
  skbprio: attr(28, be32, 'SKBPRIO', 'traffic class to give, major * 65536 + minor'),
  skbqueue: attr(29, be16, 'SKBQUEUE', 'hardware queue to give'),
  lineno: attr(9, be32, 'CADT_LINENO', 'number of the entry, which an error names'),
}, big)
export interface Entry extends Infer<typeof Entry> {}

/** IPSET_ATTR_DATA means the set's parameters in one command, an entry in another: two command sets share these. */
const head = {
  protocol: attr(1, u8, 'PROTOCOL', 'version of the ipset protocol'),
  name: attr(2, Name, 'SETNAME', 'name of the set'),
  typename: attr(3, Name, 'TYPENAME', 'type of the set; the second name for rename and swap'),
  revision: attr(4, u8, 'REVISION', 'revision of the type'),
  family: attr(5, u8, 'FAMILY', 'address family'),
  flags: attr(6, be32, 'FLAGS', 'what to list'),
}
const tail = {
  lineno: attr(9, be32, 'LINENO', 'number of the entry that failed'),
  adt: attr(8, list('IPSET_ATTR', attr(7, Entry, 'DATA', 'one entry')), 'ADT', 'many entries'),
  minimum: attr(10, u8, 'PROTOCOL_MIN', 'least protocol or revision the kernel still takes'),
  index: attr(11, be16, 'INDEX', 'number of the set in the kernel'),
}

/** A command about a set, and what LIST gives: `data` are its parameters. */
export const SetCommand = attributes('IPSET_ATTR', { ...head, data: attr(7, Create, 'DATA', 'parameters'), ...tail }, big)
export interface SetCommand extends Infer<typeof SetCommand> {}

/** A command about an entry: `data` is the entry. */
export const EntryCommand = attributes('IPSET_ATTR', { ...head, data: attr(7, Entry, 'DATA', 'entry'), ...tail }, big)
export interface EntryCommand extends Infer<typeof EntryCommand> {}

/** ip_set.h: enum ipset_cadt_flags, on an entry. */
export const ENTRY_FLAG = {
  before: 1, // IPSET_FLAG_BEFORE
  physdev: 2, // IPSET_FLAG_PHYSDEV
  nomatch: 4, // IPSET_FLAG_NOMATCH
  wildcard: 128, // IPSET_FLAG_IFACE_WILDCARD
} as const

/** ip_set.h: enum ipset_cadt_flags, on a set. */
export const SET_FLAG = {
  counters: 8, // IPSET_FLAG_WITH_COUNTERS
  comment: 16, // IPSET_FLAG_WITH_COMMENT
  forceadd: 32, // IPSET_FLAG_WITH_FORCEADD
  skbinfo: 64, // IPSET_FLAG_WITH_SKBINFO
} as const
