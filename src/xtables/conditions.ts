import { InputError, ProtocolError } from '../netlink/wire/error.js'
import { protocolName, protocolNumber } from '../netlink/wire/names.js'
import { shown } from '../netlink/wire/shown.js'
import { checkText } from '../netlink/wire/text.js'
import type { Family } from './context.js'
import { isNot, type Not } from './kind.js'
import { parseUint } from './kinds/number.js'
import { singleLine } from './kinds/text.js'
import { INTERFACE_SIZE } from './layout.js'
import { Memo } from './sealed.js'

/** A name that iptables prints and understands before it asks /etc/protocols. */
const PROTOCOLS: Readonly<Record<string, number>> = {
  all: 0, tcp: 6, sctp: 132, udp: 17, udplite: 136, icmp: 1, 'ipv6-icmp': 58, icmpv6: 58, esp: 50, ah: 51,
  'mobility-header': 135, 'ipv6-mh': 135, mh: 135,
}

const numbers = new Memo<number>()

/** The number of a protocol: a number from 0 to 255, or a name. Throws an InputError for one that is none. */
export function parseProtocol(given: string | number): number {
  if (typeof given !== 'string') return readProtocol(given)
  const known = numbers.get(given)
  if (known !== undefined) return known
  const number = readProtocol(given)
  numbers.set(given, number)
  return number
}

function readProtocol(given: string | number): number {
  if (typeof given === 'number') {
    if (Number.isInteger(given) && given >= 0 && given <= 0xff) return given
    throw new InputError(`unknown protocol '${given}': numbers go from 0 to 255`)
  }
  if (typeof given !== 'string') throw new InputError(`'${shown(given)}' is no protocol`)
  const number = parseUint(given, 0, 0xff)
  if (number >= 0) return number
  const name = given.toLowerCase()
  const found = (Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name] : undefined) ?? protocolNumber(name)
  if (found === undefined) throw new InputError(`unknown protocol '${given}'`)
  return found
}

const NAMES = new Map(Object.entries(PROTOCOLS).map(([name, number]) => [number, name]).reverse() as [number, string][])

/** The name of a protocol that iptables knows without /etc/protocols; the number of others. */
export function usualProtocol(number: number): string | number {
  return NAMES.get(number) ?? number
}

/** The name of a protocol where it has one. */
export function protocolText(number: number): string | number {
  const name = NAMES.get(number) ?? protocolName(number)
  return name === String(number) ? number : name
}

/** The number of the protocol that `-p` asks for, 0 for any. Throws an InputError for what no packet can be. */
export function askedProtocol(given: string | number | Not<string | number>): { readonly number: number; readonly negated: boolean } {
  const { value, negated } = negatable(given)
  const number = parseProtocol(value)
  if (number === 0 && negated) throw new InputError('no packet has none of all protocols: the rule would never match')
  return { number, negated }
}

/** What `-f` says. Throws an InputError for what it cannot. */
export function checkFragment(given: unknown, family: Family): boolean {
  if (typeof given !== 'boolean') throw new InputError(`'${shown(given)}' is neither true nor false`)
  if (family === 'ip6') throw new InputError('IPv6 has no fragments in its header; use the match frag instead')
  return given
}

/** A value, and whether it is negated. */
export function negatable<T>(given: T | { readonly not: T }): { value: T; negated: boolean } {
  return isNot(given) ? { value: given.not as T, negated: true } : { value: given as T, negated: false }
}

interface InterfaceBytes {
  readonly name: Uint8Array
  readonly mask: Uint8Array
}

const interfaces = new Memo<InterfaceBytes>()

/**
 * The bytes of an interface's name and of its mask. A name with `+` at its end counts up to there; others count with
 * their NUL. iptables keeps the `+` in the name, and so do we.
 * Throws an InputError for a name that is too long, or none.
 */
export function packInterface(name: string): InterfaceBytes {
  const known = interfaces.get(name)
  if (known) return known
  const bytes = interfaceBytes(name)
  interfaces.set(name, bytes)
  return bytes
}

function interfaceBytes(name: string): InterfaceBytes {
  singleLine(name)
  if (name === '') throw new InputError('an empty name of an interface would match every one; leave it out instead')
  const bytes = Buffer.byteLength(name)
  if (bytes >= INTERFACE_SIZE) throw new InputError(`the name of an interface has at most ${INTERFACE_SIZE - 1} bytes, '${name}' has ${bytes}`)
  const length = checkText(name, INTERFACE_SIZE - 1)
  if (/\p{Surrogate}/u.test(name)) throw new InputError('it is no well-formed text: half of a character cannot be the name of an interface')
  const mask = new Uint8Array(INTERFACE_SIZE).fill(0xff, 0, name.endsWith('+') ? length - 1 : length + 1)
  return { name: new Uint8Array(Buffer.concat([Buffer.from(name), Buffer.alloc(INTERFACE_SIZE - length)])), mask }
}

/** The name of an interface, or undefined where any will do. */
export function unpackInterface(name: Uint8Array, mask: Uint8Array): string | undefined {
  if (mask[0] === 0) {
    if (name[0] === 0) return undefined
    if (name[0] === 0x2b && name[1] === 0) return '+'
    throw new ProtocolError('an interface is named, but no byte of the name counts')
  }
  const end = name.indexOf(0)
  const counted = mask.indexOf(0) < 0 ? INTERFACE_SIZE : mask.indexOf(0)
  const text = Buffer.from(name.subarray(0, end < 0 ? INTERFACE_SIZE : end)).toString()
  if (counted > end) return text
  return text.endsWith('+') && counted === end - 1 ? text : `${text.slice(0, counted)}+`
}
