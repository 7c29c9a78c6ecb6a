import { InputError } from '../../netlink/index.js'
import type { ArgumentList } from './argument-list.js'

/** Where packets come from or go to: Hosts, a Location, a Zone, an IPSet, or an object of the caller's with these members. */
export interface Endpoint {
  /** The arguments that packets from there match. */
  asInput(): ArgumentList
  /** The arguments that packets to there match. */
  asOutput(): ArgumentList
  /** For comments. */
  toString(): string
}

/** The endpoints of a list. Throws an InputError for what is none. */
export function endpoints(given: Iterable<Endpoint> | undefined, path: string): readonly Endpoint[] {
  if (given === undefined) return []
  if (typeof given !== 'object' || given === null || !(Symbol.iterator in given)) throw new InputError('is a list of Hosts, Location, Zone or IPSet objects', { path })
  const list = [...given]
  list.forEach((one, index) => {
    if (typeof one?.asInput !== 'function' || typeof one.asOutput !== 'function') {
      throw new InputError('is no place: give Hosts, a Location, a Zone or an IPSet', { path: `${path}[${index}]` })
    }
  })
  return list
}

/** Refuses what is no text, or empty. */
export function demandText(given: unknown, path: string): string {
  if (typeof given === 'string' && given !== '') return given
  throw new InputError(given === '' ? 'is empty' : `is text, not ${given === null ? 'null' : typeof given}`, { path })
}
