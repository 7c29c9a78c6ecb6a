import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { type Kind, kindOf } from '../kind.js'
import { outOfRange, parseUint, uint } from './number.js'

/** One number, or the first and the last of a range. */
export type Range = number | readonly [from: number, to: number]

export interface RangeOptions {
  readonly max: number
  /** What stands between the two: `:` unless given. */
  readonly separator?: ':' | '-'
  readonly format?: (value: number) => string
  /** Prints both ends even where they are the same. */
  readonly both?: true
  /** The C tool lets a range run backwards (it never matches then). */
  readonly backwards?: true
}

/** A range of numbers; an end left out is the least or the greatest. Two numbers side by side in the struct. */
export function range(options: RangeOptions): Kind<Range, readonly [number, number]> {
  const { max, separator = ':', format = String, both, backwards } = options
  const one = uint({ max })
  const end = (text: string, open: number) => {
    if (text === '') return open
    const value = parseUint(text, 0, max)
    if (value < 0) throw outOfRange(text, 0, max)
    return value
  }
  const ordered = (from: number, to: number): readonly [number, number] => {
    if (from > to && !backwards) throw new InputError(`${from} should be less than ${to}`)
    return [from, to]
  }
  return kindOf({
    name: `number[${separator}number]`,
    parse(text) {
      const at = text.indexOf(separator)
      if (at < 0) return one.parse(text, undefined as never, '')
      const [from, to] = ordered(end(text.slice(0, at), 0), end(text.slice(at + 1), max))
      return from === to && !both ? from : [from, to]
    },
    format: (value) =>
      typeof value === 'number'
        ? both
          ? `${format(value)}${separator}${format(value)}`
          : format(value)
        : `${format(value[0])}${separator}${format(value[1])}`,
    pack(value, context) {
      if (typeof value === 'number') {
        const single = one.pack(value, context)
        return [single, single]
      }
      if (!Array.isArray(value) || value.length !== 2) throw new InputError(`'${shown(value)}' is neither a number nor [from, to]`)
      return ordered(one.pack(value[0], context), one.pack(value[1], context))
    },
    unpack: ([from, to]) => (from === to ? from : [from, to]),
  })
}
