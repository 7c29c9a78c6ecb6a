import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { type Kind, kindOf } from '../kind.js'

const NUMBER = /^(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/

/**
 * The whole number a text stands for, as strtoul(3) with base 0 reads it: decimal, `0x` hexadecimal, a leading 0 for octal.
 * undefined where it is none, or over 2^64-1.
 */
export function parseNumber(text: string): bigint | undefined {
  if (!NUMBER.test(text)) return undefined
  const octal = text.length > 1 && text[0] === '0' && text[1] !== 'x' && text[1] !== 'X'
  const value = BigInt(octal ? `0o${text.slice(1)}` : text)
  return value <= 0xffff_ffff_ffff_ffffn ? value : undefined
}

/** As parseNumber, for numbers from `min` to `max`, both within 2^53. -1 where it is none of them. */
export function parseUint(text: string, min: number, max: number): number {
  let value = 0
  const first = text.charCodeAt(0)
  if (text.length > 0 && text.length < 10 && first !== 48) {
    for (let i = 0; i < text.length; i++) {
      const digit = text.charCodeAt(i) - 48
      if (!(digit >= 0 && digit <= 9)) return -1
      value = value * 10 + digit
    }
  } else {
    const parsed = parseNumber(text)
    if (parsed === undefined || parsed > BigInt(max)) return -1
    value = Number(parsed)
  }
  return value >= min && value <= max ? value : -1
}

export interface NumberOptions {
  readonly min?: number
  readonly max: number
  /** How it is printed; decimal otherwise. */
  readonly format?: (value: number) => string
}

/** A whole number of at most 32 bits. */
export function uint({ min = 0, max, format = String }: NumberOptions): Kind<number, number> {
  return kindOf({
    name: 'number',
    parse(text) {
      const value = parseUint(text, min, max)
      if (value < 0) throw outOfRange(text, min, max)
      return value
    },
    format,
    pack(value) {
      if (!(Number.isInteger(value) && value >= min && value <= max)) throw outOfRange(value, min, max)
      return value
    },
    unpack: (raw) => raw,
  })
}

/** A whole number of up to 64 bits: a bigint in a rule, which may also be given as a number. */
export const uint64: Kind<bigint, bigint, bigint | number> = kindOf({
  name: 'number',
  parse(text) {
    const value = parseNumber(text)
    if (value === undefined) throw outOfRange(text, 0, 0xffff_ffff_ffff_ffffn)
    return value
  },
  format: String,
  pack(value) {
    const wide = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
    if (typeof wide !== 'bigint' || wide < 0n || wide > 0xffff_ffff_ffff_ffffn) throw outOfRange(value, 0, 0xffff_ffff_ffff_ffffn)
    return wide
  },
  unpack: (raw) => raw,
})

/** A number of 8, 16 or 32 bits. */
export const uint8 = uint({ max: 0xff })
export const uint16 = uint({ max: 0xffff })
export const uint32 = uint({ max: 0xffff_ffff })

/** `0x` and hexadecimal digits, as printf's %#x prints them but for 0. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`
}

/** The error for a number outside of its range. */
export function outOfRange(value: unknown, min: number | bigint, max: number | bigint): InputError {
  return new InputError(`'${shown(value)}' is not a whole number from ${min} to ${max}`)
}
