import { InputError, inside } from '../../netlink/index.js'
import { word } from './word.js'

/** One word of a value. */
export type Word = string | number | bigint

/** The value of an option: `true` or null for one that stands alone, a list for several words. */
export type Value = Word | true | null | readonly Word[]

/** A value, or one that is not to be: `{ not: '10.0.0.0/8' }`. */
export type ArgumentValue = Value | { readonly not: Value }

/** A value, read. */
export interface Reading {
  readonly words: readonly string[]
  readonly inverse: boolean
}

/** Options whose value is free text, which may begin with anything. */
const FREE_TEXT = /prefix$|^(?:hex-)?string$|^comment$/

/** The words of a value of the option `name`; `key` is how the caller wrote it. Throws an InputError that names that. */
export function readValue(key: string, name: string, given: unknown): Reading {
  return inside(key, () => {
    const inverse = isNot(given)
    const value = inverse ? given.not : given
    if (value === true || value === null) return { words: [], inverse }
    if (Array.isArray(value) && value.length === 0) throw new InputError('is an empty list; give null for an option without a value')
    const words = (Array.isArray(value) ? value : [value]).map(readWord)
    words.forEach((one, index) => checkWord(name, one, index))
    return { words, inverse }
  })
}

function isNot(given: unknown): given is { readonly not: unknown } {
  return typeof given === 'object' && given !== null && Object.keys(given).join() === 'not'
}

function readWord(given: unknown): string {
  if (typeof given === 'bigint' || (typeof given === 'number' && Number.isFinite(given))) return String(given)
  if (typeof given === 'string') {
    word(given)
    return given
  }
  throw new InputError(`is ${shown(given)}; a value is text, a number, a list of them, { not: value }, or true or null for an option without a value`)
}

function shown(given: unknown): string {
  if (given === undefined || typeof given === 'boolean' || typeof given === 'number') return String(given)
  if (Array.isArray(given)) return 'a list in a list'
  return typeof given === 'object' && given !== null ? 'an object' : given === null ? 'null in a list' : `a ${typeof given}`
}

function checkWord(name: string, text: string, index: number): void {
  if (text.startsWith('!') && !FREE_TEXT.test(name)) {
    throw new InputError(`'${text}' begins with !, which is no negation here: give { not: value }, or write __not behind the name`)
  }
  if (text.startsWith('-') && (index > 0 || name.length === 1)) throw new InputError(`'${text}' begins like an option, and would be read as one`)
}
