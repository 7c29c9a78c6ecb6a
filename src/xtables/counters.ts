import { InputError } from '../netlink/wire/error.js'
import { shown } from '../netlink/wire/shown.js'
import type { Counters } from './rule.js'

const MAX_COUNTER = 0xffff_ffff_ffff_ffffn

/** Counters as the kernel takes them. Throws an InputError for what is no whole number from 0 to 2^64-1. */
export function checkCounters(given: { readonly packets: bigint | number; readonly bytes: bigint | number }): Counters {
  const check = (key: 'packets' | 'bytes'): bigint => {
    const value = given[key]
    const wide = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
    if (typeof wide === 'bigint' && wide >= 0n && wide <= MAX_COUNTER) return wide
    throw new InputError(`'${shown(value)}' is not a whole number from 0 to ${MAX_COUNTER}`, { path: `counters.${key}` })
  }
  if (typeof given !== 'object' || given === null) throw new InputError('give { packets, bytes }', { path: 'counters' })
  return { packets: check('packets'), bytes: check('bytes') }
}
