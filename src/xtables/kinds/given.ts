import { InputError } from '../../netlink/wire/error.js'
import type { GivenOption } from '../extension.js'
import type { Bag } from '../option.js'

/** What an option says with its negation: `{ not: value }`, or `false` for one that takes no value. */
export function signed({ value, negated }: GivenOption): unknown {
  if (!negated) return value
  return typeof value === 'boolean' ? false : { not: value }
}

/** The options that are given, each but once. */
export function once(given: readonly GivenOption[]): Bag {
  const options: Bag = {}
  for (const one of given) {
    if (one.key in options) throw new InputError(`option '${one.key}' can only be used once`)
    options[one.key] = signed(one)
  }
  return options
}
