import { type Create, SET_FLAG, type SetCommand } from './attributes.js'
import { type Family, familyName } from './command.js'
import { CREATE_OPTIONS } from './create.js'
import { host, host2, net, net2 } from './dimension/address.js'
import { iface, mac, mark, setName } from './dimension/others.js'
import { port } from './dimension/port.js'
import { findType, type SetType, type SetTypeName } from './type.js'

/** A set as the kernel describes it. Numbers a type does not have are absent. */
export interface SetHeader {
  /** 31 bytes at most. */
  name: string
  /** `hash:ip`, `list:set`; another name where the kernel knows more types than this library. */
  type: SetTypeName | (string & {})
  /** Of the addresses in it. */
  family: Family
  /** Of its type: what the kernel can do with it. */
  revision: number
  /** Number of the set in the kernel, which rules refer to. */
  index?: number
  /** Buckets of the hash; it grows. */
  hashsize?: number
  /** Entries it may hold. */
  maxelem?: number
  /** Prefix length that entries of `hash:ip` are cut to. */
  netmask?: number
  /** Mask that entries are cut to. */
  bitmask?: string
  /** Mask of the marks in `hash:ip,mark`. */
  markmask?: number
  /** Entries a bucket holds before the hash grows. */
  bucketsize?: number
  /** Seed of the hash. */
  initval?: number
  /** First and last element of a bitmap, such as `10.0.0.0-10.0.255.255`. */
  range?: string
  /** Sets that a list may hold. */
  size?: number
  /** Seconds an entry lives unless it says otherwise; absent from sets whose entries do not expire. */
  timeout?: number
  /** Whether entries count packets and bytes. */
  counters: boolean
  /** Whether entries may have a comment. */
  comment: boolean
  /** Whether entries may have a mark, a priority and a queue. */
  skbinfo: boolean
  /** Whether a full set drops an entry by chance to take a new one. */
  forceadd: boolean
  /** Entries in the set. */
  elements?: number
  /** Users of the set in the kernel: rules, lists of sets. */
  references?: number
  /** Bytes of memory. */
  memsize?: number
}

/** What LIST says of a set, in the first of its messages. */
export function readHeader(command: SetCommand, data: Create): SetHeader {
  const { flags = 0 } = data
  const header: SetHeader = {
    name: command.name ?? '',
    type: command.typename ?? '',
    family: familyName(command.family ?? 0),
    revision: command.revision ?? 0,
    counters: (flags & SET_FLAG.counters) !== 0,
    comment: (flags & SET_FLAG.comment) !== 0,
    skbinfo: (flags & SET_FLAG.skbinfo) !== 0,
    forceadd: (flags & SET_FLAG.forceadd) !== 0,
  }
  if (command.index !== undefined) header.index = command.index
  for (const key of NUMBERS) if (data[key] !== undefined) header[key] = data[key]
  if (data.bitmask !== undefined) header.bitmask = data.bitmask
  const range = CREATE_OPTIONS.range!.print(data)
  if (range !== undefined) header.range = range
  return header
}

const NUMBERS = [
  'hashsize', 'maxelem', 'netmask', 'markmask', 'bucketsize', 'initval', 'size', 'timeout', 'elements', 'references', 'memsize',
] as const

const WORDS = { ip: [host, host2], net: [net, net2], port: [port], mac: [mac], mark: [mark], iface: [iface], set: [setName] }

/** The type of a set, also of one newer than this library: its name says what its entries are made of. */
export function typeNamed(name: string): SetType {
  const known = findType(name)
  if (known) return known
  const [group = 'hash', etype = ''] = name.split(':')
  const seen = new Map<string, number>()
  const dimensions = etype.split(',').flatMap((word) => {
    const place = word === 'ip' || word === 'net' ? 'address' : word
    const nth = seen.get(place) ?? 0
    seen.set(place, nth + 1)
    return WORDS[word as keyof typeof WORDS]?.[nth] ?? []
  })
  const model = findType(group === 'list' ? 'list:set' : group === 'bitmap' ? 'bitmap:ip' : 'hash:net') as SetType
  return { ...model, name: name as SetTypeName, alias: name, dimensions, etype }
}

