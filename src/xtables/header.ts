import { InputError, ProtocolError } from '../netlink/wire/error.js'
import { StructMemory } from '../netlink/wire/record.js'
import { askedProtocol, checkFragment, negatable, packInterface, protocolText, unpackInterface } from './conditions.js'
import type { Family } from './context.js'
import type { Not } from './kind.js'
import { formatNetwork, formatNetwork4, type Inet, parseNetwork, parseNetwork4 } from './kinds/address.js'
import { INVERTED, Ip6tEntry, IptEntry } from './layout.js'
import type { Rule, RuleInput } from './rule.js'

/** IPT_F_FRAG (ip_tables.h): second and further fragments. */
const FRAGMENT = 0x01
/** IP6T_F_PROTO (ip6_tables.h): the protocol counts. ip6tables sets it whenever a protocol is given, also for `all`. */
const PROTOCOL = 0x01
/** IPT_F_GOTO and IP6T_F_GOTO: the verdict is a goto, not a call. */
export const GOTO: Readonly<Record<Family, number>> = { ip: 0x02, ip6: 0x04 }

// One struct in memory for each family, used by one entry after the other.
// biome-ignore lint/suspicious/noExplicitAny: the two structs differ in the types of their addresses
type HeaderMemory = StructMemory<any>
const memories: Readonly<Record<Family, HeaderMemory>> = { ip: new StructMemory(IptEntry), ip6: new StructMemory(Ip6tEntry) }
const checks: Readonly<Record<Family, HeaderMemory>> = { ip: new StructMemory(IptEntry), ip6: new StructMemory(Ip6tEntry) }

/** Bytes of the struct in front of matches and target. */
export const HEADER_SIZE: Readonly<Record<Family, number>> = { ip: IptEntry.size, ip6: Ip6tEntry.size }

/** Where sizes, links and counters of an entry stand, for those who patch or read them alone. */
export const HEADER_OFFSETS = { ip: IptEntry.offsets, ip6: Ip6tEntry.offsets } as const

/** The struct of an entry with a rule's conditions, valid until the next call. */
export function packHeader(rule: RuleInput, family: Family): Uint8Array {
  return pack(memories[family], rule, family)
}

function pack(memory: HeaderMemory, rule: RuleInput, family: Family): Uint8Array {
  memory.clear()
  if (rule.header !== undefined) {
    if (typeof rule.header !== 'string' || !/^[0-9a-f]*$/i.test(rule.header)) throw new InputError('is no hexadecimal text', { path: 'header' })
    const bytes = Buffer.from(rule.header, 'hex')
    if (bytes.length !== memory.bytes.length) throw new InputError(`header: ${memory.bytes.length} bytes in hexadecimal are needed`)
    const extra = CONDITIONS.find((key) => rule[key] !== undefined)
    if (extra !== undefined) throw new InputError(`stands beside 'header', which stands for all conditions`, { path: extra })
    memory.load(bytes)
    return memory.bytes
  }
  packConditions(memory, rule, family)
  if (typeof rule.target === 'object' && rule.target !== null && 'goto' in rule.target) memory.raise('flags', GOTO[family])
  return memory.bytes
}

function packConditions(memory: HeaderMemory, rule: RuleInput, family: Family): void {
  const { source, destination, inInterface, outInterface, protocol, fragment } = rule
  let at = 'source'
  try {
    if (source !== undefined) packAddress(memory, 'source', source, family)
    at = 'destination'
    if (destination !== undefined) packAddress(memory, 'destination', destination, family)
    at = 'inInterface'
    if (inInterface !== undefined) packName(memory, 'inInterface', inInterface)
    at = 'outInterface'
    if (outInterface !== undefined) packName(memory, 'outInterface', outInterface)
    at = 'protocol'
    if (protocol !== undefined) packProtocol(memory, protocol, family)
    at = 'fragment'
    if (fragment !== undefined) packFragment(memory, fragment, family)
  } catch (error) {
    throw InputError.is(error) ? error.within(at) : error
  }
}

function packAddress(memory: HeaderMemory, key: 'source' | 'destination', given: string | Not<string>, family: Family): void {
  const { value, negated } = negatable(given)
  const { address, mask } = family === 'ip' ? parseNetwork4(value) : parseNetwork(value, family)
  memory.set(key, address)
  memory.set(key === 'source' ? 'sourceMask' : 'destinationMask', mask)
  if (negated) memory.raise('inverted', INVERTED[key])
}

function packName(memory: HeaderMemory, key: 'inInterface' | 'outInterface', given: string | Not<string>): void {
  const { value, negated } = negatable(given)
  const { name, mask } = packInterface(value)
  memory.set(key, name)
  memory.set(key === 'inInterface' ? 'inInterfaceMask' : 'outInterfaceMask', mask)
  if (negated) memory.raise('inverted', INVERTED[key])
}

function packProtocol(memory: HeaderMemory, given: string | number | Not<string | number>, family: Family): void {
  const { number, negated } = askedProtocol(given)
  memory.set('protocol', number)
  if (family === 'ip6') memory.raise('flags', PROTOCOL)
  if (negated) memory.raise('inverted', INVERTED.protocol)
}

function packFragment(memory: HeaderMemory, given: unknown, family: Family): void {
  const only = checkFragment(given, family)
  memory.raise('flags', FRAGMENT)
  if (!only) memory.raise('inverted', INVERTED.fragment)
}

const CONDITIONS = ['source', 'destination', 'inInterface', 'outInterface', 'protocol', 'fragment'] as const

/** The number of the protocol in a struct given in hexadecimal; 0 where it is none, or negated. */
export function headerProtocol(header: string): number {
  if (typeof header !== 'string') return 0
  const family = header.length === 2 * HEADER_SIZE.ip ? 'ip' : 'ip6'
  if (header.length !== 2 * HEADER_SIZE[family]) return 0
  const memory = memories[family]
  memory.load(Buffer.from(header, 'hex'))
  return memory.has('inverted', INVERTED.protocol) ? 0 : (memory.get('protocol') as number)
}

/** A rule while its parts are put together. */
export type Draft = { -readonly [K in keyof Rule]: Rule[K] }

/** The conditions in the struct of an entry; the struct itself, as `header`, where no conditions say the same. */
export function unpackHeader(bytes: Uint8Array, family: Family): { rule: Draft; goto: boolean } {
  const memory = memories[family]
  memory.load(bytes)
  const goto = memory.has('flags', GOTO[family])
  try {
    const rule = unpack(memory, bytes, family)
    if (sameHeader(bytes, pack(checks[family], goto ? { ...rule, target: { goto: '' } } : rule, family), family)) return { rule, goto }
  } catch (error) {
    if (!ProtocolError.is(error) && !InputError.is(error)) throw error
  }
  return { rule: rawHeader(bytes, family), goto }
}

/** The struct itself, where no conditions say the same. */
export function rawHeader(bytes: Uint8Array, family: Family): Draft {
  return { header: Buffer.from(bytes.subarray(0, HEADER_SIZE[family])).fill(0, HEADER_OFFSETS[family].cache).toString('hex') }
}

function unpack(memory: HeaderMemory, bytes: Uint8Array, family: Family): Draft {
  const rule: Draft = {}
  const inverted = memory.get('inverted') as number
  const flags = memory.get('flags') as number
  const sign = <T>(value: T, bit: number): T | Not<T> => (inverted & bit ? { not: value } : value)
  for (const key of ['source', 'destination'] as const) {
    const address = memory.get(key)
    const mask = memory.get(key === 'source' ? 'sourceMask' : 'destinationMask')
    const any = family === 'ip' ? address === 0 && mask === 0 : isZero(address) && isZero(mask)
    if (any && !(inverted & INVERTED[key])) continue
    rule[key] = sign(family === 'ip' ? formatNetwork4({ address, mask }) : formatNetwork({ address, mask }, family), INVERTED[key])
  }
  for (const key of ['inInterface', 'outInterface'] as const) {
    // Most rules name none; what else stands there is seen when the header is packed again.
    if (bytes[HEADER_OFFSETS[family][key]] === 0 && bytes[HEADER_OFFSETS[family][`${key}Mask`]] === 0) continue
    const name = unpackInterface(memory.get(key), memory.get(`${key}Mask`))
    if (name !== undefined) rule[key] = sign(name, INVERTED[key])
  }
  const protocol = memory.get('protocol') as number
  if (protocol !== 0 || (family === 'ip6' && flags & PROTOCOL)) rule.protocol = sign(protocolText(protocol), INVERTED.protocol)
  if (family === 'ip' && flags & FRAGMENT) rule.fragment = !(inverted & INVERTED.fragment)
  return rule
}

function isZero(bytes: Inet): boolean {
  return bytes.every((byte) => byte === 0)
}

/** Whether two structs say the same: what follows the conditions (links, counters) does not count. */
function sameHeader(a: Uint8Array, b: Uint8Array, family: Family): boolean {
  const end = HEADER_OFFSETS[family].cache
  return Buffer.compare(a.subarray(0, end), b.subarray(0, end)) === 0
}
