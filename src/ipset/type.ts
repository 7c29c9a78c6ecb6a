import { InputError } from '../netlink/wire/error.js'
import { shown } from '../netlink/wire/shown.js'
import { host, host2, ip, ipTested, net, net2, net2Zero, netZero } from './dimension/address.js'
import type { Dimension } from './dimension/dimension.js'
import { iface, mac, mark, setName } from './dimension/others.js'
import { plainPort, port } from './dimension/port.js'

/** Families of a type: `inet`: IPv4 only; `both`: the set is of one of the two; `none`: it has no family. */
export type TypeFamily = 'inet' | 'both' | 'none'

/** Groups of types, which share their error codes (IPSET_ERR_HASH_FULL = 4352 = IPSET_ERR_BITMAP_RANGE). */
export type TypeGroup = 'bitmap' | 'hash' | 'list'

/** One set type: what `ipset help TYPE` knows, as data. */
export interface SetType {
  readonly name: SetTypeName
  readonly group: TypeGroup
  /** The name it had before ipset 5. */
  readonly alias: string
  readonly family: TypeFamily
  /** Oldest and newest revision this library speaks. */
  readonly revisions: readonly [number, number]
  readonly dimensions: readonly Dimension[]
  /** The last dimension may be left out. */
  readonly optional: boolean
  /** Create options in the order the ipset tool prints them, with the revision that brought each. */
  readonly create: ReadonlyMap<string, number>
  /** Entry options in the order the ipset tool prints them, with the revision that brought each. */
  readonly entry: ReadonlyMap<string, number>
  /** The dimensions as they stand in the name: `net,port`. */
  readonly etype: string
}

interface Row {
  readonly alias: string
  readonly family: TypeFamily
  readonly revisions: readonly [number, number]
  readonly dimensions: readonly Dimension[]
  readonly optional?: true
  /** Create options, `name@revision` where they are not as old as the type. */
  readonly create: string
  /** Entry options besides those that the create options bring. */
  readonly entry?: string
}

/**
 * Every set type of the kernel (net/netfilter/ipset/ip_set_{bitmap,hash,list}_*.c), a row each. Revisions and the
 * options they brought are those of ipset 7.17.
 */
const ROWS = {
  'bitmap:ip': { alias: 'ipmap', family: 'inet', revisions: [0, 3], dimensions: [ip], create: 'range netmask timeout counters@1 comment@2 skbinfo@3' },
  'bitmap:ip,mac': { alias: 'macipmap', family: 'inet', revisions: [0, 3], dimensions: [host, mac], optional: true, create: 'range timeout counters@1 comment@2 skbinfo@3' },
  'bitmap:port': { alias: 'portmap', family: 'none', revisions: [0, 3], dimensions: [plainPort], create: 'range timeout counters@1 comment@2 skbinfo@3' },
  'hash:ip': { alias: 'iphash', family: 'both', revisions: [0, 6], dimensions: [ipTested], create: 'family hashsize maxelem netmask bitmask@6 timeout counters@1 comment@2 forceadd@3 skbinfo@4 bucketsize@5 initval@5' },
  'hash:mac': { alias: 'machash', family: 'none', revisions: [0, 1], dimensions: [mac], create: 'hashsize maxelem timeout counters comment forceadd skbinfo bucketsize@1 initval@1' },
  'hash:ip,mac': { alias: 'ipmachash', family: 'both', revisions: [0, 1], dimensions: [host, mac], create: 'family hashsize maxelem timeout counters comment forceadd skbinfo@1 bucketsize@1 initval@1' },
  'hash:ip,mark': { alias: 'ipmarkhash', family: 'both', revisions: [0, 3], dimensions: [ipTested, mark], create: 'family markmask hashsize maxelem timeout counters comment forceadd@1 skbinfo@2 bucketsize@3 initval@3' },
  'hash:ip,port': { alias: 'ipporthash', family: 'both', revisions: [1, 7], dimensions: [ip, port], create: 'family hashsize maxelem timeout counters@2 comment@3 forceadd@4 skbinfo@5 bucketsize@6 initval@6 netmask@7 bitmask@7' },
  'hash:ip,port,ip': { alias: 'ipportiphash', family: 'both', revisions: [1, 6], dimensions: [ip, port, host2], create: 'family hashsize maxelem timeout counters@2 comment@3 forceadd@4 skbinfo@5 bucketsize@6 initval@6' },
  'hash:ip,port,net': { alias: 'ipportnethash', family: 'both', revisions: [1, 8], dimensions: [ip, port, net2], create: 'family hashsize maxelem timeout counters@4 comment@5 forceadd@6 skbinfo@7 bucketsize@8 initval@8', entry: 'nomatch@3' },
  'hash:net': { alias: 'nethash', family: 'both', revisions: [0, 7], dimensions: [net], create: 'family hashsize maxelem timeout counters@3 comment@4 forceadd@5 skbinfo@6 bucketsize@7 initval@7', entry: 'nomatch@2' },
  'hash:net,net': { alias: 'netnethash', family: 'both', revisions: [0, 4], dimensions: [netZero, net2Zero], create: 'family hashsize maxelem timeout counters comment forceadd@1 skbinfo@2 bucketsize@3 initval@3 bitmask@4 netmask@4', entry: 'nomatch' },
  'hash:net,port': { alias: 'netporthash', family: 'both', revisions: [1, 8], dimensions: [net, port], create: 'family hashsize maxelem timeout counters@4 comment@5 forceadd@6 skbinfo@7 bucketsize@8 initval@8', entry: 'nomatch@3' },
  'hash:net,port,net': { alias: 'netportnethash', family: 'both', revisions: [0, 3], dimensions: [netZero, port, net2Zero], create: 'family hashsize maxelem timeout counters comment forceadd@1 skbinfo@2 bucketsize@3 initval@3', entry: 'nomatch' },
  'hash:net,iface': { alias: 'netifacehash', family: 'both', revisions: [0, 8], dimensions: [netZero, iface], create: 'family hashsize maxelem timeout counters@3 comment@4 forceadd@5 skbinfo@6 bucketsize@8 initval@8', entry: 'nomatch@1 wildcard@7' },
  'list:set': { alias: 'setlist', family: 'none', revisions: [0, 3], dimensions: [setName], create: 'size timeout counters@1 comment@2 skbinfo@3', entry: 'before after' },
} as const satisfies Record<string, Row>

/** The name of a set type. */
export type SetTypeName = keyof typeof ROWS

/** Entry options that a create option brings, in the order of printing. */
export const BROUGHT_BY = {
  packets: 'counters',
  bytes: 'counters',
  comment: 'comment',
  skbmark: 'skbinfo',
  skbprio: 'skbinfo',
  skbqueue: 'skbinfo',
} as const satisfies Record<string, string>

function options(text: string): [string, number][] {
  return text.split(' ').map((word) => {
    const [name, revision = '0'] = word.split('@')
    return [name!, Number(revision)]
  })
}

function setType(name: SetTypeName, row: Row): SetType {
  const create = new Map(options(row.create))
  const brought = Object.entries(BROUGHT_BY).map(([option, by]) => [option, create.get(by) ?? 0] as const)
  const [group, etype] = name.split(':') as [TypeGroup, string]
  return {
    name,
    group,
    alias: row.alias,
    family: row.family,
    revisions: row.revisions,
    dimensions: row.dimensions,
    optional: row.optional ?? false,
    create,
    entry: new Map([['timeout', 0], ...(row.entry ? options(row.entry) : []), ...brought]),
    etype,
  }
}

/** All set types by name. */
export const SET_TYPES: ReadonlyMap<string, SetType> = new Map(
  Object.entries(ROWS).map(([name, row]) => [name, setType(name as SetTypeName, row)]),
)

const ALIASES = new Map([...SET_TYPES.values()].map((type) => [type.alias, type]))

/** The set type of a name or an old alias, such as `hash:ip` or `iphash`; undefined when this library knows none. */
export function findType(name: string): SetType | undefined {
  return SET_TYPES.get(name) ?? ALIASES.get(name)
}

/** As `findType`, but an InputError that lists the types when there is none. */
export function demandType(name: unknown, path = 'stype'): SetType {
  const type = typeof name === 'string' ? findType(name) : undefined
  if (type) return type
  throw new InputError(`'${shown(name)}' is no set type; there are ${[...SET_TYPES.keys()].join(', ')}`, { path })
}
