import { askedProtocol, checkFragment, negatable, packInterface } from '../conditions.js'
import type { Family } from '../context.js'
import type { Not } from '../kind.js'
import type { Writer } from '../../netlink/wire/cursor.js'
import { InputError } from '../../netlink/wire/error.js'
import { inetOf, parseNetwork, parseNetwork4, prefixOf } from '../kinds/address.js'
import { shown } from '../../netlink/wire/shown.js'
import type { RuleInput } from '../rule.js'
import { META } from './expression/constants.js'
import { writeExpression } from './expression/expression.js'
import { equals, masked, meta, network } from './native/fields.js'
import { Templates } from './expression/template.js'

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

const named = new Templates<string>()
const addressed = new Templates<number>()

/** The expressions of `-i` and `-o`. A name with `+` at its end counts up to there. */
function writeInterface(writer: Writer, key: number, given: string | Not<string>): void {
  const { value, negated } = negatable(given)
  if (typeof value !== 'string') throw new InputError(`'${shown(value)}' is no name of an interface`)
  named.put(writer, `${key} ${negated} ${value}`, () => {
    const { name, mask } = packInterface(value)
    const counted = mask.indexOf(0)
    const length = counted < 0 ? mask.length : counted
    if (length > 0) return [meta(key), equals(name.slice(0, length), negated)]
    return negated ? [meta(key), equals(Buffer.from(`${NO_INTERFACE}\0`), false)] : [meta(key)]
  })
}

/** The expressions of `-p`; none for any protocol. */
function writeProtocol(writer: Writer, given: string | number | Not<string | number>): void {
  const { number, negated } = askedProtocol(given)
  if (number !== 0) named.put(writer, `${negated} ${number}`, () => [meta(META.protocol), equals(Uint8Array.of(number), negated)])
}

/** The expressions of `-s` and `-d`: whole bytes of the prefix where it ends with one, else a mask. */
function writeAddress(writer: Writer, family: Family, key: 'source' | 'destination', given: string | Not<string>): void {
  const { value, negated } = negatable(given)
  if (family === 'ip') writeAddress4(writer, ADDRESSES.ip[key], value, negated)
  else writeAddress6(writer, ADDRESSES.ip6[key], value, negated)
}

function writeAddress4(writer: Writer, offset: number, text: string, negated: boolean): void {
  const { address, mask } = parseNetwork4(text)
  if (mask === 0 && !negated) return
  const prefix = Math.clz32(~mask)
  const whole = prefix > 0 && prefix % 8 === 0 && (prefix === 32 || (mask << prefix) === 0)
  const length = whole ? prefix / 8 : 4
  const expressions = (zeros: Uint8Array) => [network(offset, length), ...(whole ? [] : [masked(inetOf(mask).subarray(0, 4))]), equals(zeros, negated)]
  const place = addressed.open(writer, (offset * 2 + (negated ? 1 : 0)) * 2 ** 33 + (whole ? length : 2 ** 32 + mask), length, expressions)
  for (let i = 0; i < length; i++) writer.bytes[place + i] = address >>> (24 - 8 * i)
}

function writeAddress6(writer: Writer, offset: number, text: string, negated: boolean): void {
  const { address, mask } = parseNetwork(text, 'ip6')
  const prefix = prefixOf(mask, 'ip6')
  if (prefix === 0 && !negated) return
  if (prefix <= 0 || prefix % 8 !== 0) {
    for (const expression of [network(offset, 16), masked(mask), equals(address, negated)]) writeExpression(writer, expression)
    return
  }
  const length = prefix / 8
  const place = addressed.open(writer, (offset * 2 + (negated ? 1 : 0)) * 64 + length, length, (zeros) => [network(offset, length), equals(zeros, negated)])
  for (let i = 0; i < length; i++) writer.bytes[place + i] = address[i] as number
}

/** The expressions of `-f`. */
function writeFragment(writer: Writer, family: Family, given: unknown): void {
  const only = checkFragment(given, family)
  named.put(writer, `fragment ${only}`, () => [network(FRAGMENT_AT, 2), masked(FRAGMENT_MASK), equals(new Uint8Array(2), only)])
}

/** Writes all conditions of a rule, in the order of iptables-nft. Throws an InputError with the condition as its path. */
export function writeConditions(writer: Writer, rule: RuleInput, family: Family): void {
  let at = 'inInterface'
  try {
    if (rule.inInterface !== undefined) writeInterface(writer, META.inName, rule.inInterface)
    at = 'outInterface'
    if (rule.outInterface !== undefined) writeInterface(writer, META.outName, rule.outInterface)
    at = 'protocol'
    if (rule.protocol !== undefined) writeProtocol(writer, rule.protocol)
    at = 'source'
    if (rule.source !== undefined) writeAddress(writer, family, 'source', rule.source)
    at = 'destination'
    if (rule.destination !== undefined) writeAddress(writer, family, 'destination', rule.destination)
    at = 'fragment'
    if (rule.fragment !== undefined) writeFragment(writer, family, rule.fragment)
  } catch (error) {
    throw InputError.is(error) ? error.within(at) : error
  }
}
