import { isIPv4 } from 'node:net'
import { InputError } from '../netlink/index.js'
import { formatIPv6, parseIPv6 } from '../netlink/wire/address.js'
import { type Family, formatInet, formatMask, packInterface, parseNetwork, parseProtocol } from '../xtables/index.js'

/** A value of a rule, or one that is not to be. */
export type Negatable<T> = T | { readonly not: T }

/** Numbers of protocols by the names that python-iptables prints (include/uapi/linux/in.h, in6.h: IPPROTO_*). */
export const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  0: 'ip', 1: 'icmp', 2: 'igmp', 4: 'ipip', 6: 'tcp', 8: 'egp', 12: 'pup', 17: 'udp', 22: 'idp', 29: 'tp', 41: 'ipv6', 43: 'routing',
  44: 'fragment', 46: 'rsvp', 47: 'gre', 50: 'esp', 51: 'ah', 58: 'icmpv6', 59: 'none', 60: 'dstopts', 103: 'pim', 132: 'sctp', 255: 'raw',
}

const NUMBERS = new Map([...Object.entries(PROTOCOL_NAMES).map(([number, name]) => [name, Number(number)] as const), ['hopopts', 0] as const])

/** The value behind a leading `!`, and whether there is one. */
function negation(text: string): { value: string; negated: boolean } {
  return text.startsWith('!') ? { value: text.slice(1).trimStart(), negated: true } : { value: text, negated: false }
}

function signed<T>(value: T, negated: boolean): Negatable<T> {
  return negated ? { not: value } : value
}

function isNegated<T>(value: Negatable<T>): value is { readonly not: T } {
  return typeof value === 'object' && value !== null
}

/** The value, and `!` where it is negated. */
function unsigned<T>(value: Negatable<T>): { value: T; sign: '' | '!' } {
  return isNegated(value) ? { value: value.not, sign: '!' } : { value, sign: '' }
}

/** Text as it is. Throws an InputError for anything else. */
export function demandText(given: unknown, what: string): string {
  if (typeof given === 'string') return given
  throw new InputError(`${what} is text, not ${given === null ? 'null' : typeof given}`)
}

/**
 * An address as python-iptables takes it: `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `!10.0.0.1`, `2001:db8::/32`. Host bits of an
 * IPv4 network are cleared; those of an IPv6 network stay and do not count, as there. Names and lists are refused.
 */
export function readAddress(given: unknown, family: Family): Negatable<string> {
  const { value, negated } = negation(demandText(given, 'an address'))
  const slash = value.indexOf('/')
  const host = slash < 0 ? value : value.slice(0, slash)
  if (family === 'ip' && !isIPv4(host)) throw new InputError(`'${host}' is no IPv4 address${parseIPv6(host) ? ': for IPv6 there is Rule6' : ''}`)
  const { address, mask } = parseNetwork(value, family)
  const kept = family === 'ip' ? formatInet(address, family) : formatIPv6(parseIPv6(host) as Uint8Array)
  return signed(`${kept}/${formatMask(mask, family)}`, negated)
}

/** An address with the length of its prefix: `!10.0.0.0/8`. */
export function addressText(address: Negatable<string>): string {
  const { value, sign } = unsigned(address)
  return sign + value
}

/** An address with its mask written as an address where it is IPv4: `10.0.0.0/255.0.0.0`, `::/0`. */
export function dottedText(address: Negatable<string> | undefined, family: Family): string {
  if (address === undefined) return family === 'ip' ? '0.0.0.0/0.0.0.0' : '::/0'
  const { value, sign } = unsigned(address)
  if (family === 'ip6') return sign + value
  const network = parseNetwork(value, family)
  return `${sign}${formatInet(network.address, family)}/${formatInet(network.mask, family)}`
}

/** The name of an interface, at most 15 bytes: `eth0`, `eth+`, `!ppp0`. */
export function readInterface(given: unknown): Negatable<string> {
  const { value, negated } = negation(demandText(given, 'an interface'))
  packInterface(value)
  return signed(value, negated)
}

/** A protocol by its name in any case, or by its number: `tcp`, `!UDP`, 47; undefined for `ip`, which asks for none. */
export function readProtocol(given: unknown): Negatable<string | number> | undefined {
  if (typeof given === 'number') return readProtocol(String(given))
  const { value, negated } = negation(demandText(given, 'a protocol'))
  const name = value.toLowerCase()
  if (name === '') throw new InputError('a protocol is a name such as tcp, or a number from 0 to 255')
  const number = NUMBERS.get(name) ?? parseProtocol(name)
  if (number !== 0) return signed(number, negated)
  if (negated) throw new InputError('no packet has none of all protocols: the rule would never match')
  return name === 'all' ? name : undefined
}

/** The name of a protocol as python-iptables prints it: its number in decimal where it has none. */
export function protocolText(protocol: Negatable<string | number> | undefined): string {
  if (protocol === undefined) return PROTOCOL_NAMES[0] as string
  const { value, sign } = unsigned(protocol)
  const number = parseProtocol(value)
  return sign + (PROTOCOL_NAMES[number] ?? String(number))
}

/**
 * `true`: second and further fragments; text that begins with `!`: all others; otherwise what is true in JavaScript. Throws
 * an InputError where the family has none in its header.
 */
export function readFragment(given: unknown, family: Family): boolean | undefined {
  if (typeof given === 'object' && given !== null) throw new InputError("is true, '!' or false")
  if (!given) return undefined
  if (family === 'ip6') throw new InputError('an IPv6 header says nothing of fragments: the match frag does')
  return !(typeof given === 'string' && given.startsWith('!'))
}

/** `true`, `'!'` for all but further fragments, `false` where nothing is asked. */
export function fragmentValue(fragment: boolean | undefined): boolean | '!' {
  return fragment === undefined ? false : fragment || '!'
}
