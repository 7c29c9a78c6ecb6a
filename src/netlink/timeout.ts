import { InputError } from './error.js'
import { shown } from './wire/shown.js'

/** The longest time that setTimeout knows, some 25 days: it takes a longer one for none at all. */
const LONGEST = 0x7fff_ffff

/** A time to wait, in milliseconds, as setTimeout takes it. */
export function forTimer(milliseconds: number): number {
  return Math.min(Math.max(0, milliseconds), LONGEST)
}

/** Refuses what is no time to wait; Infinity is one. */
export function demandTimeout(timeout: number | undefined): void {
  if (timeout === undefined || (typeof timeout === 'number' && timeout >= 0)) return
  throw new InputError(`${shown(timeout)} is no time to wait: give milliseconds, 0 or more`, { path: 'options.timeout' })
}
