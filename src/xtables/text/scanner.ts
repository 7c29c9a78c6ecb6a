import type { Family } from '../context.js'
import type { Row } from '../row.js'
import { type BaseOption, baseOption, baseOptionNamed, baseOptionsLike } from './base.js'
import { TextError } from './error.js'
import type { Words } from './lexer.js'

/** The options that matches and targets bring along, found by their text (`--dport`). */
export interface ExtensionOptions<O> {
  exact(flag: string): Found<O> | undefined
  /** Those that begin so. */
  like(flag: string): readonly Found<O>[]
  /** Loads the match of the protocol, once; whether there is more to find now. */
  loadProtocol(): boolean
  /** What to say behind a name that nobody has. */
  advice(flag: string): string
}

/** An option and the extension it belongs to. */
export interface Found<O> {
  readonly owner: O
  readonly row: Row
}

/** One option of a rule or a command with its words. */
export interface Token<O> {
  readonly base: BaseOption | undefined
  readonly extension: Found<O> | undefined
  /** As it was written. */
  readonly flag: string
  readonly column: number
  readonly negated: boolean
  /** The word it takes; '' for none. */
  readonly value: string
  readonly valueColumn: number
}

/** Goes through words as getopt_long(3) does: abbreviated names, `--name=value`, letters together (`-nvL`), `!` in front. */
export class Scanner<O> {
  readonly #words: readonly string[]
  readonly #columns: readonly number[]
  readonly #family: Family
  readonly #extensions: ExtensionOptions<O>
  #at = 0
  /** Letters of a cluster that are still to come. */
  #letters = ''
  #negated = false

  constructor({ words, columns }: Words, family: Family, extensions: ExtensionOptions<O>) {
    this.#family = family
    this.#words = words
    this.#columns = columns
    this.#extensions = extensions
  }

  /** The next option, or undefined at the end. */
  next(): Token<O> | undefined {
    for (;;) {
      const negated = this.#negated
      if (this.#letters !== '') return this.#letter(negated)
      const word = this.#words[this.#at]
      if (word === undefined) {
        if (negated) throw this.#error('nothing follows the !', this.#at - 1)
        return undefined
      }
      if (word === '!') {
        if (negated) throw this.#error('multiple consecutive ! are not allowed', this.#at)
        this.#negated = true
        this.#at++
        continue
      }
      this.#negated = false
      this.#at++
      if (word.startsWith('--') && word.length > 2) return this.#long(word, negated)
      if (word.length < 2 || word[0] !== '-' || word === '--') throw this.#error(`bad argument '${word}'`, this.#at - 1)
      this.#letters = word.slice(1)
      return this.#letter(negated)
    }
  }

  /** A further word of the last option, unless an option or `!` comes next. */
  more(): { value: string; column: number } | undefined {
    if (this.#letters !== '') return undefined
    const word = this.#words[this.#at]
    if (word === undefined || word.startsWith('-') || word.startsWith('!')) return undefined
    return { value: word, column: this.#columns[this.#at++] as number }
  }

  #letter(negated: boolean): Token<O> {
    const letter = this.#letters[0] as string
    const flag = `-${letter}`
    const column = this.#columns[this.#at - 1] as number
    const base = baseOption(letter)
    if (!base) throw this.#error(`unknown option '${flag}'`, this.#at - 1)
    const rest = this.#letters.slice(1)
    this.#negated = false
    if (base.value === false || rest === '') {
      this.#letters = rest
      return base.value === false || base.value === 'maybe'
        ? { base, extension: undefined, flag, column, negated, value: '', valueColumn: column }
        : { base, extension: undefined, flag, column, negated, ...this.#word(flag) }
    }
    this.#letters = ''
    return { base, extension: undefined, flag, column, negated, value: rest, valueColumn: column + 2 }
  }

  #long(word: string, negated: boolean): Token<O> {
    const place = this.#at - 1
    const column = this.#columns[place] as number
    const equals = word.indexOf('=')
    const flag = equals < 0 ? word : word.slice(0, equals)
    const { base, extension } = this.#find(flag, place)
    const takes = base ? base.value : (extension as Found<O>).row.kind.words > 0
    if (equals >= 0) {
      if (takes === false) throw this.#error(`option '${flag}' takes no value`, place)
      return { base, extension, flag, column, negated, value: word.slice(equals + 1), valueColumn: column + equals + 1 }
    }
    const value = takes === true ? this.#word(flag, extension?.row.kind.optional) : { value: '', valueColumn: column }
    return { base, extension, flag, column, negated, ...value }
  }

  #find(flag: string, place: number): { base: BaseOption | undefined; extension: Found<O> | undefined } {
    const name = flag.slice(2)
    let possible: readonly string[] = []
    do {
      const base = baseOptionNamed(name, this.#family)
      if (base) return { base, extension: undefined }
      const extension = this.#extensions.exact(flag)
      if (extension) return { base: undefined, extension }
      const bases = baseOptionsLike(name, this.#family)
      const likes = this.#extensions.like(flag)
      if (bases.length + likes.length === 1) return { base: bases[0], extension: likes[0] }
      possible = [...bases.flatMap(({ long }) => long.map((one) => `--${one}`)), ...likes.flatMap(({ row }) => row.flags)].filter((one) => one.startsWith(flag))
    } while (this.#extensions.loadProtocol())
    const advice = possible.length > 1 ? `; it could be ${possible.join(' or ')}` : this.#extensions.advice(flag)
    throw this.#error(`unknown option '${flag}'${advice}`, place)
  }

  #word(flag: string, optional?: true): { value: string; valueColumn: number } {
    if (optional) {
      const { value, column } = this.more() ?? { value: '', column: this.#columns[this.#at - 1] as number }
      return { value, valueColumn: column }
    }
    const value = this.#words[this.#at]
    if (value === undefined) throw this.#error(`option '${flag}' requires an argument`, this.#at - 1)
    return { value, valueColumn: this.#columns[this.#at++] as number }
  }

  #error(reason: string, place: number): TextError {
    return new TextError(reason, { column: this.#columns[Math.max(0, place)] ?? 1 })
  }
}
