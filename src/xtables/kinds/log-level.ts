import { InputError } from '../../netlink/wire/error.js'
import type { Kind } from '../kind.js'
import { parseUint, uint } from './number.js'

const NAMES: Readonly<Record<string, number>> = {
  emerg: 0, panic: 0, alert: 1, crit: 2, error: 3, warning: 4, notice: 5, info: 6, debug: 7,
}

/** A level of syslog(3), 0 to 7. Its name is understood, too, in lower case. */
export const logLevel: Kind<number, number> = {
  ...uint({ max: 7 }),
  name: 'level',
  parse(text) {
    const level = Object.hasOwn(NAMES, text) ? (NAMES[text] as number) : parseUint(text, 0, 7)
    if (level >= 0) return level
    throw new InputError(`log level '${text}' is unknown: give 0 to 7, or one of ${Object.keys(NAMES).join(', ')}`)
  },
}
