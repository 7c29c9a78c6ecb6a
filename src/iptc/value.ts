import { InputError } from '../netlink/index.js'
import type { Parameter, ParameterRow } from '../xtables/index.js'

/**
 * The value of a parameter as it may be given: text, with a leading `!` to negate it; a list where it takes several words
 * (`['blacklist', 'src']`), whose first may be `'!'`; `''` or true for an option that stands alone. Of an option that cannot
 * be negated, and in a list, a leading `!` is text.
 */
export type ParameterInput = string | number | bigint | boolean | readonly (string | number | bigint)[]

/** The value of a parameter as it is read: one word, or a list of several; with a leading `!` where it is negated. */
export type ParameterValue = string | string[]

/** Says that an option without a value is given. */
const YES: readonly unknown[] = ['', 'true', '1', 'yes']

/** A value as an option takes it. Throws an InputError where it is none. */
export function readValue(row: ParameterRow, given: ParameterInput): Parameter {
  const { negated, words } = Array.isArray(given) ? fromList(row, given) : fromWord(row, given as Exclude<ParameterInput, readonly unknown[]>)
  if (row.words === 0) {
    if (words.length > 1 || !YES.includes(words[0] ?? '')) throw new InputError(`--${row.name} stands alone: give '' or true, or leave it out`)
    return { name: row.name, negated, words: [] }
  }
  if (row.optional && words.join('') === '') return { name: row.name, negated, words: [] }
  if (words.length !== row.words) {
    throw new InputError(`--${row.name} takes ${row.words === 1 ? 'one word' : 'two words'}, not ${words.length === 0 ? 'none' : words.length}`)
  }
  return { name: row.name, negated, words }
}

function fromList(row: ParameterRow, given: readonly unknown[]): { negated: boolean; words: string[] } {
  const words = given.map(wordOf)
  const negated = row.negatable && words[0] === '!' && words.length > (row.optional ? 0 : row.words)
  return { negated, words: negated ? words.slice(1) : words }
}

function fromWord(row: ParameterRow, given: unknown): { negated: boolean; words: string[] } {
  const text = wordOf(given)
  const negated = row.negatable && text.startsWith('!')
  const value = negated ? text.slice(1).trimStart() : text
  const blank = row.words === 2 ? value.indexOf(' ') : -1
  return { negated, words: blank < 0 ? [value] : [value.slice(0, blank), value.slice(blank + 1)] }
}

function wordOf(given: unknown): string {
  if (typeof given === 'string') return given
  if (typeof given === 'bigint' || (typeof given === 'number' && Number.isFinite(given))) return String(given)
  if (given === true) return ''
  throw new InputError(`${typeof given === 'object' ? (given === null ? 'null' : 'an object') : String(given)} is no value: give text, a number or a list of them`)
}

/** The words of an option, with `!` in front where it is negated: `['!', '80']`. */
export function wordsOf({ negated, words }: Parameter): string[] {
  return negated ? ['!', ...words] : [...words]
}

/** As text: `!80`, `blacklist src`; `''` for an option that stands alone. */
export function textOf({ negated, words }: Parameter): string {
  return `${negated ? '!' : ''}${words.join(' ')}`
}

/** As text, or as a list where text would not say the same: several words, or a word that begins with `!`. */
export function parameterValue(parameter: Parameter): ParameterValue {
  const { negated, words } = parameter
  const [word = ''] = words
  if (words.length > 1 || word.startsWith('!')) return wordsOf(parameter)
  if (!negated) return word
  return words.length === 0 ? '!' : ['!', word]
}
