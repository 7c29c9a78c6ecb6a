import { InputError } from '../../netlink/wire/error.js'

/**
 * A whole number from `min` to `max` written in decimal, or in hexadecimal with `0x`. `lenient` also takes octal with a
 * leading zero, as strtoul(3) does; otherwise that is refused, because it does not mean what it seems to.
 */
export function wholeNumber(text: string, min: number, max: number, what: string, lenient = false): number {
  const value = parseNumber(text, lenient)
  if (value === undefined) throw new InputError(`'${text}' is no ${what}`)
  if (value < min || value > max) throw new InputError(`${what} ${text} is not from ${min} to ${max}`)
  return value
}

/** Whether `text` begins as a number does. */
export function looksNumeric(text: string): boolean {
  return /^\d/.test(text)
}

/** A whole number, read as `wholeNumber` does; undefined where it is none. */
export function parseNumber(text: string, lenient: boolean): number | undefined {
  if (/^(0|[1-9]\d*)$/.test(text)) return Number(text)
  if (/^0x[0-9a-f]+$/i.test(text)) return Number.parseInt(text, 16)
  if (lenient && /^0[0-7]+$/.test(text)) return Number.parseInt(text, 8)
  return undefined
}
