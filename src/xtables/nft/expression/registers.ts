import { Foreign } from './foreign.js'

/** What a register holds. */
export interface Register {
  from: 'nothing' | 'meta' | 'payload' | 'value'
  /** NFT_META_*, or NFT_PAYLOAD_* for the base. */
  key: number
  offset: number
  length: number
  /** Where the mask stands that was laid on it; -1 for none. */
  mask: number
  maskSize: number
  /** Where the value stands. */
  at: number
}

/** NFT_REG32_15: the last one. */
const LAST = 23

/** The registers while the expressions of a rule are read. */
export class Registers {
  readonly #all: Register[] = Array.from({ length: LAST + 1 }, () => ({ from: 'nothing', key: 0, offset: 0, length: 0, mask: -1, maskSize: 0, at: -1 }))

  clear(): void {
    for (const register of this.#all) register.from = 'nothing'
  }

  loadMeta(number: number, key: number): void {
    this.#load(number, 'meta').key = key
  }

  loadPayload(number: number, base: number, offset: number, length: number): void {
    const register = this.#load(number, 'payload')
    register.key = base
    register.offset = offset
    register.length = length
  }

  loadValue(number: number, at: number): void {
    if (at < 0) throw new Foreign()
    this.#load(number, 'value').at = at
  }

  setMask(number: number, at: number, size: number): void {
    const register = this.demand(number)
    if (register.mask >= 0) throw new Foreign()
    register.mask = at
    register.maskSize = size
  }

  /** Where the value in a register stands. */
  value(number: number): number {
    const { from, mask, at } = this.demand(number)
    if (from !== 'value' || mask >= 0) throw new Foreign()
    return at
  }

  /** A register that something was loaded into. */
  demand(number: number): Register {
    const register = this.#all[number]
    if (!register || register.from === 'nothing') throw new Foreign()
    return register
  }

  #load(number: number, from: Register['from']): Register {
    const register = this.#all[number]
    if (!register || number === 0) throw new Foreign()
    register.from = from
    register.mask = -1
    return register
  }
}
