import { negatable, packInterface, parseProtocol } from '../conditions.js'
import type { Family } from '../context.js'
import type { Not } from '../kind.js'
import { InputError } from '../../netlink/wire/error.js'
import { inetOf, parseNetwork, parseNetwork4, prefixOf } from '../kinds/address.js'
import { shown } from '../kinds/shown.js'
import type { RuleInput } from '../rule.js'
import { META } from './constants.js'
import type { Expression } from './expression.js'
import { equals, masked, meta, network } from './native/fields.js'

/** Where addresses stand in the network header, and how long they are. */
export const ADDRESSES: Readonly<Record<Family, { readonly source: number; readonly destination: number; readonly width: number }>> = {
  ip: { source: 12, destination: 16, width: 4 },
  ip6: { source: 8, destination: 24, width: 16 },
}

/** Where the protocol stands in the network header; iptables-nft 1.8.10 and later look there (IPv4). */
export const PROTOCOL_AT: Readonly<Record<Family, number>> = { ip: 9, ip6: 6 }

/** Where the offset of a fragment stands in an IPv4 header, and its bits. */
export const FRAGMENT_AT = 6
export const FRAGMENT_MASK = Uint8Array.of(0x1f, 0xff)

/** A name that no interface has: how iptables-nft says "no interface at all". */
export const NO_INTERFACE = 'INVAL/D'

/** The expressions of `-i` and `-o`. A name with `+` at its end counts up to there. */
export function writeInterface(list: Expression[], key: number, given: string | Not<string>): void {
  const { value, negated } = negatable(given)
  const { name, mask } = packInterface(value)
  list.push(meta(key))
  const counted = mask.indexOf(0)
  const length = counted < 0 ? mask.length : counted
  if (length > 0) list.push(equals(Uint8Array.from(name.subarray(0, length)), negated))
  else if (negated) list.push(equals(Buffer.from(`${NO_INTERFACE}\0`), false))
}

/** The expressions of `-p`; none for any protocol. */
export function writeProtocol(list: Expression[], given: string | number | Not<string | number>): void {
  const { value, negated } = negatable(given)
  const number = parseProtocol(value)
  if (number === 0 && negated) throw new InputError('no packet has none of all protocols: the rule would never match')
  if (number !== 0) list.push(meta(META.protocol), equals(Uint8Array.of(number), negated))
}

/** The expressions of `-s` and `-d`: whole bytes of the prefix where it ends with one, else a mask. */
export function writeAddress(list: Expression[], family: Family, key: 'source' | 'destination', given: string | Not<string>): void {
  const { value, negated } = negatable(given)
  const { address, mask } = family === 'ip' ? inetOf4(value) : parseNetwork(value, family)
  const { [key]: offset, width } = ADDRESSES[family]
  const prefix = prefixOf(mask, family)
  if (prefix === 0 && !negated) return
  if (prefix > 0 && prefix % 8 === 0) {
    const length = prefix / 8
    list.push(network(offset, length), equals(Uint8Array.from(address.subarray(0, length)), negated))
  } else list.push(network(offset, width), masked(mask), equals(address, negated))
}

function inetOf4(text: string): { address: Uint8Array; mask: Uint8Array } {
  const { address, mask } = parseNetwork4(text)
  return { address: inetOf(address).subarray(0, 4), mask: inetOf(mask).subarray(0, 4) }
}

/** The expressions of `-f`. */
export function writeFragment(list: Expression[], family: Family, given: unknown): void {
  if (typeof given !== 'boolean') throw new InputError(`'${shown(given)}' is neither true nor false`)
  if (family === 'ip6') throw new InputError('IPv6 has no fragments in its header; use the match frag instead')
  list.push(network(FRAGMENT_AT, 2), masked(FRAGMENT_MASK), equals(new Uint8Array(2), given))
}

/** All conditions of a rule, in the order of iptables-nft. Throws an InputError with the condition as its path. */
export function writeConditions(rule: RuleInput, family: Family): Expression[] {
  const list: Expression[] = []
  let at = 'inInterface'
  try {
    if (rule.inInterface !== undefined) writeInterface(list, META.inName, rule.inInterface)
    at = 'outInterface'
    if (rule.outInterface !== undefined) writeInterface(list, META.outName, rule.outInterface)
    at = 'protocol'
    if (rule.protocol !== undefined) writeProtocol(list, rule.protocol)
    at = 'source'
    if (rule.source !== undefined) writeAddress(list, family, 'source', rule.source)
    at = 'destination'
    if (rule.destination !== undefined) writeAddress(list, family, 'destination', rule.destination)
    at = 'fragment'
    if (rule.fragment !== undefined) writeFragment(list, family, rule.fragment)
  } catch (error) {
    throw InputError.is(error) ? error.within(at) : error
  }
  return list
}
