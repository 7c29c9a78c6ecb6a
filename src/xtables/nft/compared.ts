import { protocolText } from '../conditions.js'
import type { Family } from '../context.js'
import type { Draft } from '../header.js'
import type { Not } from '../kind.js'
import { formatNetwork, maskOf } from '../kinds/address.js'
import { singleLine } from '../kinds/text.js'
import { ADDRESSES, FRAGMENT_AT, FRAGMENT_MASK, NO_INTERFACE, PROTOCOL_AT } from './conditions.js'
import { META } from './constants.js'

/** The conditions of a rule, found one by one in what its expressions compare. */
export class Conditions {
  readonly rule: Draft = {}
  /** The number of the protocol that the rule asks for; 0 where it asks for none, or for all but one. */
  protocol = 0
  readonly #family: Family

  constructor(family: Family) {
    this.#family = family
  }

  /** Something of the packet beside its bytes. False where no condition says it, or the rule has such a one already. */
  meta(key: number, mask: Uint8Array | undefined, value: Uint8Array, negated: boolean): boolean {
    if (mask) return false
    if (key === META.protocol) return value.length === 1 && this.#setProtocol(value[0] as number, negated)
    if (key === META.inName) return this.#set('inInterface', interfaceOf(value, negated))
    if (key === META.outName) return this.#set('outInterface', interfaceOf(value, negated))
    return false
  }

  /** Bytes of the network header. */
  network(offset: number, length: number, mask: Uint8Array | undefined, value: Uint8Array, negated: boolean): boolean {
    if (value.length !== length || (mask && mask.length !== length)) return false
    if (offset === PROTOCOL_AT[this.#family] && length === 1 && !mask) return this.#setProtocol(value[0] as number, negated)
    if (this.#family === 'ip' && offset === FRAGMENT_AT && length === 2) {
      return mask !== undefined && Buffer.compare(mask, FRAGMENT_MASK) === 0 && value[0] === 0 && value[1] === 0 && this.#set('fragment', negated)
    }
    const { source, destination, width } = ADDRESSES[this.#family]
    if ((offset !== source && offset !== destination) || length > width || length === 0) return false
    const address = new Uint8Array(width)
    address.set(value)
    const full = new Uint8Array(width)
    full.set(mask ?? maskOf(8 * length).subarray(0, length))
    // What the mask leaves out is never equal to anything but zero.
    if (address.some((byte, index) => byte & ~(full[index] as number) & 0xff)) return false
    const text = formatNetwork({ address, mask: full }, this.#family)
    return this.#set(offset === source ? 'source' : 'destination', sign(text, negated))
  }

  #setProtocol(number: number, negated: boolean): boolean {
    if (!negated) this.protocol = number
    return this.#set('protocol', sign(protocolText(number), negated))
  }

  #set<K extends keyof Draft>(key: K, value: Draft[K]): boolean {
    if (this.rule[key] !== undefined || value === undefined) return false
    this.rule[key] = value
    return true
  }
}

function sign<T>(value: T, negated: boolean): T | Not<T> {
  return negated ? { not: value } : value
}

/** The name of an interface: whole where its NUL is compared too, else its beginning. */
function interfaceOf(value: Uint8Array, negated: boolean): string | Not<string> | undefined {
  const end = value.indexOf(0)
  const name = Buffer.from(value.subarray(0, end < 0 ? value.length : end)).toString()
  if (name === NO_INTERFACE && end >= 0) return negated ? undefined : { not: '+' }
  if (name === '') return undefined
  return sign(singleLine(end < 0 ? `${name}+` : name), negated)
}
