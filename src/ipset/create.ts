import { parseIPv4, parseIPv6 } from '../netlink/wire/address.js'
import { InputError, inside } from '../netlink/wire/error.js'
import { shown } from '../netlink/wire/shown.js'
import { type Create, SET_FLAG } from './attributes.js'
import type { Family } from './command.js'
import { ip } from './dimension/address.js'
import { plainPort, type PortRange } from './dimension/port.js'
import { TIMEOUT_MAX } from './option.js'
import type { SetType, SetTypeName } from './type.js'

/** What a set can be made of. Which of it a type takes stands in its row of the type table. */
export interface CreateOptions {
  /** Set type, `hash:ip` when left out. */
  stype?: SetTypeName | (string & {}) | undefined
  /** Address family, `inet` when left out; 2 and 10 (AF_INET, AF_INET6) are taken too. */
  family?: Family | 2 | 10 | undefined
  /** Refuse when a set of that name exists (default). With false an identical set is left as it is. */
  exclusive?: boolean | undefined
  /** First number of hash buckets; the kernel rounds it up to a power of two, 64 at least. */
  hashsize?: number | undefined
  /** Most entries, 65,536 when left out. */
  maxelem?: number | undefined
  /** Most entries of a bucket before the hash grows, 2 to 14. */
  bucketsize?: number | undefined
  /** Seed of the hash; random when left out. */
  initval?: number | undefined
  /** Prefix length to which addresses are cut. */
  netmask?: number | undefined
  /** Bits of the address that are stored, as an address. Not with netmask. */
  bitmask?: string | undefined
  /** Bits of the mark that are stored (hash:ip,mark). */
  markmask?: number | undefined
  /** What a bitmap spans: `10.0.0.0/16`, `10.0.0.1-10.0.0.9`, `1000-2000`, a PortRange, or first and last. */
  range?: string | PortRange | readonly [string, string] | readonly [number, number] | undefined
  /** The range of a bitmap:port, by pyroute2's name. */
  bitmapPortsRange?: string | PortRange | readonly [number, number] | undefined
  /** Most members of a list:set, 8 when left out. */
  size?: number | undefined
  /** Entries expire: seconds they live unless they say otherwise, 0 to 2,147,483; 0 is for ever. */
  timeout?: number | undefined
  /** Entries count packets and bytes. */
  counters?: boolean | undefined
  /** Entries may have a comment. */
  comment?: boolean | undefined
  /** Entries may carry a mark, a class and a queue for packets. */
  skbinfo?: boolean | undefined
  /** A full set drops a random entry for a new one. */
  forceadd?: boolean | undefined
  /** Revision of the type; the newest that kernel and library share when left out. */
  revision?: number | undefined
}

type NumberField = 'hashsize' | 'maxelem' | 'netmask' | 'markmask' | 'timeout' | 'bucketsize' | 'initval' | 'size'
type FlagField = keyof typeof SET_FLAG

/** One create option: what values it takes, how they get to the kernel, how they are printed. */
export interface CreateOption {
  readonly doc: string
  /** `flag`: a word alone. A pair: a whole number between the two. `text`: a word that `assign` judges. */
  readonly kind: 'flag' | 'text' | readonly [min: number, max: number]
  /** Puts a value of this kind into the parameters. Throws an InputError for what its kind alone does not tell. */
  assign(create: Create, value: unknown, family: Family, lenient: boolean): void
  /** The text in the kernel's answer, '' for a flag; undefined where the set has none. */
  print(create: Create): string | undefined
}

function number(key: NumberField, min: number, max: number, doc: string, hex = false): CreateOption {
  return {
    doc,
    kind: [min, max],
    assign(create, value) {
      create[key] = value as number
    },
    print({ [key]: value }) {
      return value === undefined ? undefined : hex ? `0x${value.toString(16).padStart(8, '0')}` : String(value)
    },
  }
}

function flag(key: FlagField, doc: string): CreateOption {
  const bit = SET_FLAG[key]
  return {
    doc,
    kind: 'flag',
    assign(create, value) {
      if (value !== false) create.flags = (create.flags ?? 0) | bit
    },
    print: (create) => ((create.flags ?? 0) & bit ? '' : undefined),
  }
}

const MAX32 = 0xffff_ffff

/** The create options by name, a row each. */
export const CREATE_OPTIONS: Readonly<Record<string, CreateOption>> = {
  family: { doc: 'inet or inet6', kind: 'text', assign() {}, print: () => undefined },
  range: {
    doc: 'first and last element of a bitmap',
    kind: 'text',
    assign: (create, value, _family, lenient) => assignRange(create, value, lenient),
    print({ ip: first, ipTo, port, portTo }) {
      return first !== undefined ? `${first}-${ipTo}` : port !== undefined ? `${port}-${portTo}` : undefined
    },
  },
  hashsize: number('hashsize', 0, MAX32, 'first number of hash buckets'),
  maxelem: number('maxelem', 0, MAX32, 'most entries'),
  netmask: number('netmask', 1, 128, 'prefix length to which addresses are cut'),
  bitmask: {
    doc: 'bits of the address that are stored',
    kind: 'text',
    assign(create, value, family) {
      const valid = family === 'inet6' ? parseIPv6(value as string) : parseIPv4(value as string) >= 0
      if (!valid) throw new InputError(`'${shown(value)}' is no mask of family ${family}`)
      create.bitmask = value as string
    },
    print: (create) => create.bitmask,
  },
  markmask: number('markmask', 1, MAX32, 'bits of the mark that are stored', true),
  timeout: number('timeout', 0, TIMEOUT_MAX, 'seconds an entry lives, 0 for ever'),
  counters: flag('counters', 'entries count packets and bytes'),
  comment: flag('comment', 'entries may have a comment'),
  forceadd: flag('forceadd', 'a full set drops an entry for a new one'),
  skbinfo: flag('skbinfo', 'entries may carry a mark, a class and a queue'),
  bucketsize: number('bucketsize', 0, 255, 'most entries of a bucket before the hash grows'),
  initval: number('initval', 0, MAX32, 'seed of the hash', true),
  size: number('size', 0, MAX32, 'most members of a list'),
}

/** include/uapi/linux/netfilter/ipset/ip_set_bitmap.h: IPSET_BITMAP_MAX_RANGE, elements of a bitmap. */
const BITMAP_MAX = 65536

function assignRange(create: Create, value: unknown, lenient: boolean): void {
  const pair = Array.isArray(value) ? (value as unknown[]) : undefined
  const ports = typeof value === 'object' && !pair ? value : typeof pair?.[0] === 'number' ? { begin: pair[0], end: pair[1] } : undefined
  const text = pair && !ports ? pair.join('-') : value
  const addresses = typeof text === 'string' && /[./]/.test(text)
  const reading = { family: addresses ? 'inet' : 'unspec', purpose: 'add', lenient } as const
  const entry = {}
  if (addresses) ip.read(text, entry, reading)
  else plainPort.read(ports ?? text, entry, reading)
  const { ip: first, cidr, ipTo, port, portTo } = Object.assign(create, entry)
  if (lenient) return
  if (first !== undefined && ipTo === undefined && cidr === undefined) create.ipTo = first
  if (port !== undefined && portTo === undefined) create.portTo = port
}

/** The kernel's attributes for a set of this type. Options the type does not know are InputErrors. */
export function readCreate(type: SetType, options: CreateOptions, lenient = false): Create {
  const family = familyOf(type, options.family)
  const create: Create = {}
  const { stype: _stype, family: _family, exclusive: _exclusive, revision: _revision, bitmapPortsRange, ...rest } = options
  const given = { ...rest, ...(bitmapPortsRange === undefined ? {} : { range: bitmapPortsRange }) }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === false) continue
    const option = CREATE_OPTIONS[name]
    if (!option || !type.create.has(name)) {
      throw new InputError(`a set of type ${type.name} has no such option; it has ${[...type.create.keys()].join(', ')}`, { path: name })
    }
    inside(name, () => option.assign(create, value, family, lenient))
  }
  if (type.create.has('range')) demandRange(create, type)
  if (create.netmask !== undefined && create.bitmask !== undefined) {
    throw new InputError('netmask and bitmask exclude each other: give one of them', { path: 'bitmask' })
  }
  if (create.netmask !== undefined && create.netmask > (family === 'inet6' ? 128 : 32)) {
    throw new InputError(`prefix length ${create.netmask} is not from 1 to 32`, { path: 'netmask' })
  }
  return create
}

function demandRange(create: Create, { name }: SetType): void {
  if (create.ip === undefined && create.port === undefined) {
    throw new InputError(`a set of type ${name} needs the range it spans, such as ${name === 'bitmap:port' ? '1-1024' : '10.0.0.0/16'}`, { path: 'range' })
  }
  if ((name === 'bitmap:port') !== (create.port !== undefined)) {
    throw new InputError(`a range of ${create.port === undefined ? 'addresses' : 'ports'} is none for ${name}`, { path: 'range' })
  }
  const { ip: first, ipTo, cidr, netmask } = create
  if (first === undefined || netmask !== undefined) return
  const size = cidr !== undefined ? 2 ** (32 - cidr) : Math.abs(parseIPv4(ipTo ?? first) - parseIPv4(first)) + 1
  if (size > BITMAP_MAX) throw new InputError(`the range holds ${size} addresses, a bitmap at most ${BITMAP_MAX}`, { path: 'range' })
}

/** The family a set of this type gets: `unspec` where types have none, whatever is asked for. */
export function familyOf(type: SetType, asked: CreateOptions['family']): Family {
  const family = asked === 2 ? 'inet' : asked === 10 ? 'inet6' : asked === undefined || asked === 'unspec' ? 'inet' : asked
  if (family !== 'inet' && family !== 'inet6') {
    throw new InputError(`'${shown(asked)}' is no family: inet or inet6`, { path: 'family' })
  }
  if (type.family === 'none') return 'unspec'
  if (type.family === 'inet' && family === 'inet6') {
    throw new InputError(`sets of type ${type.name} hold IPv4 only`, { path: 'family' })
  }
  return family
}

