import type { Expression } from '../expression/expression.js'
import { BASE, CMP, REGISTER } from '../expression/constants.js'

/** A part of a header, loaded into the first register. */
export function load(base: number, offset: number, length: number): Expression {
  return { expr: 'payload', dreg: REGISTER.first, base, offset, length }
}

/** A part of the network header. */
export function network(offset: number, length: number): Expression {
  return load(BASE.network, offset, length)
}

/** Something of the packet beside its bytes, loaded into the first register. */
export function meta(key: number): Expression {
  return { expr: 'meta', key, dreg: REGISTER.first }
}

/** What the first register is compared with. */
export function compare(op: number, value: Uint8Array): Expression {
  return { expr: 'cmp', sreg: REGISTER.first, op, data: { value } }
}

/** Equal, or not. */
export function equals(value: Uint8Array, negated: boolean): Expression {
  return compare(negated ? CMP.neq : CMP.eq, value)
}

/** Only these bits of the first register stay. */
export function masked(mask: Uint8Array): Expression {
  const { length } = mask
  return { expr: 'bitwise', sreg: REGISTER.first, dreg: REGISTER.first, length, mask: { value: mask }, xor: { value: new Uint8Array(length) } }
}
