import { isNot, type Not } from '../kind.js'
import { plain } from '../list.js'
import { type Range, range } from './range.js'

const MAX = 0xffff_ffff

const strict = range({ max: MAX, backwards: true })

/** Numbers of 32 bits, or a range of them; a range may run backwards (and never matches then). No text at all is 0. */
export const range32: typeof strict = {
  ...strict,
  parse: (text, ...rest) => (text === '' ? 0 : strict.parse(text, ...rest)),
}

/** Stands for all numbers. */
export const ALL32 = [0, MAX] as const

/** Whether a range leaves any number out; one that leaves none out is not printed. */
export function isNarrow(value: unknown): boolean {
  if (isNot(value) || !Array.isArray(value)) return true
  return value[0] !== 0 || value[1] !== MAX
}

/** `id:5`, `ids:!5:7`; nothing for all numbers. */
export function listRange(name: string, value: Range | Not<Range> | undefined): string {
  if (value === undefined || !isNarrow(value)) return ''
  const numbers = plain(value)
  const sign = isNot(value) ? '!' : ''
  return typeof numbers === 'number' ? `${name}:${sign}${numbers}` : `${name}s:${sign}${numbers[0]}:${numbers[1]}`
}
