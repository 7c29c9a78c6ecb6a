import type { Reader } from '../../netlink/wire/cursor.js'
import { packInterface, protocolText } from '../conditions.js'
import type { Family } from '../context.js'
import type { Draft } from '../header.js'
import type { Not } from '../kind.js'
import { formatNetwork, formatNetwork4 } from '../kinds/address.js'
import { ADDRESSES, FRAGMENT_AT, NO_INTERFACE, PROTOCOL_AT } from './conditions.js'
import { META } from './expression/constants.js'

const FRAGMENT_BITS = 0x1fff

/** A value that something of the packet is compared with: where it stands, and its mask (-1: none), both of `size` bytes. */
export interface Compared {
  readonly reader: Reader
  readonly at: number
  readonly mask: number
  readonly size: number
  readonly negated: boolean
}

/** The conditions of a rule, found one by one in what its expressions compare. */
export class Conditions {
  rule: Draft = {}
  /** The number of the protocol that the rule asks for; 0 where it asks for none, or for all but one. */
  protocol = 0
  readonly #family: Family

  constructor(family: Family) {
    this.#family = family
  }

  begin(): void {
    this.rule = {}
    this.protocol = 0
  }

  /** Something of the packet beside its bytes. False where no condition says it, or the rule has such a one already. */
  meta(key: number, { reader, at, mask, size, negated }: Compared): boolean {
    if (mask >= 0) return false
    if (key === META.protocol) return size === 1 && this.#setProtocol(reader.bytes[at] as number, negated)
    if (key === META.inName) return this.#set('inInterface', interfaceOf(reader, at, size, negated))
    if (key === META.outName) return this.#set('outInterface', interfaceOf(reader, at, size, negated))
    return false
  }

  /** Bytes of the network header. */
  network(offset: number, compared: Compared): boolean {
    const { reader, at, mask, size, negated } = compared
    if (offset === PROTOCOL_AT[this.#family] && size === 1 && mask < 0) return this.#setProtocol(reader.bytes[at] as number, negated)
    if (this.#family === 'ip' && offset === FRAGMENT_AT && size === 2) {
      return mask >= 0 && reader.be16At(mask) === FRAGMENT_BITS && reader.be16At(at) === 0 && this.#set('fragment', negated)
    }
    const { source, destination, width } = ADDRESSES[this.#family]
    if ((offset !== source && offset !== destination) || size > width || size === 0) return false
    const text = this.#family === 'ip' ? network4(compared) : network6(compared)
    return text !== undefined && this.#set(offset === source ? 'source' : 'destination', sign(text, negated))
  }

  #setProtocol(number: number, negated: boolean): boolean {
    // Protocol 0 is a protocol to nf_tables, and all of them to a rule.
    if (number === 0) return false
    if (!negated) this.protocol = number
    return this.#set('protocol', sign(protocolText(number), negated))
  }

  #set<K extends keyof Draft>(key: K, value: Draft[K]): boolean {
    if (this.rule[key] !== undefined || value === undefined) return false
    this.rule[key] = value
    return true
  }
}

/** The network of bytes that are compared; undefined where a bit is asked for that the mask leaves out. */
function network4({ reader: { bytes }, at, mask, size }: Compared): string | undefined {
  let address = 0
  let bits = 0
  for (let i = 0; i < 4; i++) {
    address = (address << 8) | (i < size ? (bytes[at + i] as number) : 0)
    bits = (bits << 8) | (i < size ? (mask < 0 ? 0xff : (bytes[mask + i] as number)) : 0)
  }
  if (address & ~bits) return undefined
  return formatNetwork4({ address: address >>> 0, mask: bits >>> 0 })
}

function network6({ reader: { bytes }, at, mask, size }: Compared): string | undefined {
  const address = new Uint8Array(16)
  const bits = new Uint8Array(16)
  for (let i = 0; i < size; i++) {
    address[i] = bytes[at + i] as number
    bits[i] = mask < 0 ? 0xff : (bytes[mask + i] as number)
    if ((address[i] as number) & ~(bits[i] as number) & 0xff) return undefined
  }
  return formatNetwork({ address, mask: bits }, 'ip6')
}

function sign<T>(value: T, negated: boolean): T | Not<T> {
  return negated ? { not: value } : value
}

/** The name of an interface: whole where its NUL is compared too, else its beginning. undefined where no rule says it. */
function interfaceOf({ bytes }: Reader, at: number, size: number, negated: boolean): string | Not<string> | undefined {
  let end = at
  while (end < at + size && bytes[end] !== 0) end++
  const whole = end < at + size
  const given = Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at)
  const name = given.toString()
  if (name === NO_INTERFACE && whole) return negated ? undefined : { not: '+' }
  // A name that ends with `+` would be the beginning of others in a rule; one of other bytes would be another name.
  if (name === '' || (whole && name.endsWith('+')) || Buffer.from(name).length !== given.length || name.includes('\ufffd')) return undefined
  const text = whole ? name : `${name}+`
  packInterface(text)
  return sign(text, negated)
}
