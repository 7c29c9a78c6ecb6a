import { inspect } from 'node:util'
import { InputError } from '../netlink/index.js'
import type { Counters, RuleInput } from '../xtables/index.js'

/** Packets and bytes, in this order. */
export type CounterPair = [packets: bigint, bytes: bigint]

/** A count as it may be given. */
export type CountInput = bigint | number | string

/** Counters of a pair. Throws an InputError for what are no two counts. */
export function readCounters(given: unknown): Counters {
  if (!Array.isArray(given) || given.length !== 2) throw new InputError('counters are [packets, bytes]')
  return { packets: count(given[0]), bytes: count(given[1]) }
}

function count(given: unknown): bigint {
  if (typeof given === 'bigint' && given >= 0n) return given
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= 0) return BigInt(given)
  if (typeof given === 'string' && /^\d+$/.test(given)) return BigInt(given)
  throw new InputError(`${inspect(given)} is no count of packets or bytes`)
}

export function pairOf(counters: RuleInput['counters']): CounterPair {
  return counters ? [BigInt(counters.packets), BigInt(counters.bytes)] : [0n, 0n]
}
