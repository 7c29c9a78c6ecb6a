import { decode } from '../../../netlink/wire/codec.js'
import type { Reader } from '../../../netlink/wire/cursor.js'
import { ProtocolError } from '../../../netlink/wire/error.js'
import { be32 } from '../../../netlink/wire/integers.js'
import { EXPRESSIONS } from './expression.js'

/** NFTA_LIST_ELEM, NFTA_EXPR_*, NFTA_DATA_VALUE */
const ELEMENT = 1
const NAME = 1
const DATA = 2
const VALUE = 1
const TYPE_MASK = 0x3fff
const HEADER = 4

export type ExpressionName = keyof typeof EXPRESSIONS

interface Known {
  readonly name: ExpressionName
  readonly bytes: Buffer
  /** A bit for each attribute that the expression may have. */
  readonly attributes: number
}

/** NFTA_COUNTER_PAD, NFTA_LIMIT_PAD: nothing, where the kernel aligns 64 bits. */
const PADDING: Readonly<Record<string, number>> = { counter: 3, limit: 6 }

// The expressions by the first bytes of their names, in which they all differ.
const byBeginning = new Map<number, Known>()
for (const [name, { rows }] of Object.entries(EXPRESSIONS)) {
  const bytes = Buffer.from(`${name}\0`)
  const types = [...Object.values(rows).map(({ type }) => type), ...(PADDING[name] === undefined ? [] : [PADDING[name]])]
  byBeginning.set(decode(be32, bytes.subarray(0, 4)), { name: name as ExpressionName, bytes, attributes: types.reduce((bits, type) => bits | (1 << type), 0) })
}

/**
 * Goes through the expressions of a rule without making objects of them: for each its name, and where its attributes stand.
 * The same as `expressionList.read`, for those that read many rules.
 */
export class Scan {
  /** The expression it stands on; undefined for one that `EXPRESSIONS` has no table for, or that has attributes beyond it. */
  name: ExpressionName | undefined
  /** A bit for each attribute that the expression has. */
  #present = 0
  readonly #at = new Int32Array(16)
  readonly #size = new Int32Array(16)
  #reader!: Reader
  #next = 0
  #end = 0

  /** Begins with the list between two places. */
  start(reader: Reader, at: number, end: number): void {
    this.#reader = reader
    this.#next = at
    this.#end = end
  }

  /** Steps to the next expression; false when there is none. */
  step(): boolean {
    const at = this.#next
    if (at >= this.#end) return false
    const end = this.#bound(at, this.#end)
    if ((this.#reader.u16At(at + 2) & TYPE_MASK) !== ELEMENT) throw new ProtocolError('no expression', { offset: at })
    this.#next = at + ((end - at + 3) & -4)
    this.#element(at + HEADER, end)
    return true
  }

  #element(from: number, end: number): void {
    const reader = this.#reader
    this.name = undefined
    let known: Known | undefined
    for (let at = from; at < end; ) {
      const next = this.#bound(at, end)
      const type = reader.u16At(at + 2) & TYPE_MASK
      if (type === NAME) known = this.#known(at + HEADER, next)
      else if (type === DATA && known && this.#attributes(at + HEADER, next, known.attributes)) this.name = known.name
      at += (next - at + 3) & -4
    }
  }

  #known(at: number, end: number): Known | undefined {
    const known = end - at >= 4 ? byBeginning.get(this.#reader.be32At(at)) : undefined
    if (!known || known.bytes.length !== end - at) return undefined
    for (let i = 4; i < known.bytes.length; i++) if (this.#reader.bytes[at + i] !== known.bytes[i]) return undefined
    return known
  }

  /** Where the attributes stand; false when there is one that the expression should not have. */
  #attributes(from: number, end: number, allowed: number): boolean {
    this.#present = 0
    for (let at = from; at < end; ) {
      const next = this.#bound(at, end)
      const type = this.#reader.u16At(at + 2) & TYPE_MASK
      if (type > 15 || !(allowed & (1 << type))) return false
      this.#present |= 1 << type
      this.#at[type] = at + HEADER
      this.#size[type] = next - at - HEADER
      at += (next - at + 3) & -4
    }
    return true
  }

  /** Where the attribute at a place ends. */
  #bound(at: number, end: number): number {
    const size = end - at >= HEADER ? this.#reader.u16At(at) : 0
    if (size < HEADER || at + size > end) throw new ProtocolError('an attribute does not end where it says', { offset: at })
    return at + size
  }

  /** Where an attribute of the expression begins; -1 where it has none of that type. */
  at(type: number): number {
    return this.#present & (1 << type) ? (this.#at[type] as number) : -1
  }

  size(type: number): number {
    return this.#size[type] as number
  }

  /** A number of 32 bits in an attribute; `missing` where there is none. */
  u32(type: number, missing = -1): number {
    const at = this.#number(type, 4)
    return at < 0 ? missing : this.#reader.be32At(at)
  }

  /** A number of 16 bits in an attribute; `missing` where there is none. */
  u16(type: number, missing = -1): number {
    const at = this.#number(type, 2)
    return at < 0 ? missing : this.#reader.be16At(at)
  }

  /** A number of 64 bits in an attribute; 0 where there is none. */
  u64(type: number): bigint {
    const at = this.#number(type, 8)
    return at < 0 ? 0n : this.#reader.be64At(at)
  }

  /** Where a number begins. Throws a ProtocolError where it has another size. */
  #number(type: number, size: number): number {
    const at = this.at(type)
    if (at >= 0 && this.#size[type] !== size) throw new ProtocolError(`a number of ${this.#size[type]} bytes where ${size} belong`, { offset: at })
    return at
  }

  /** Where the value in an attribute of data begins, its size in `valueSize`; -1 where there is none. */
  value(type: number): number {
    const at = this.at(type)
    if (at < 0 || (this.#size[type] as number) < HEADER || (this.#reader.u16At(at + 2) & TYPE_MASK) !== VALUE) return -1
    this.valueSize = this.#bound(at, at + (this.#size[type] as number)) - at - HEADER
    return at + HEADER
  }
  valueSize = 0
}
