import { InputError } from '../../netlink/wire/error.js'
import { completeOptions } from '../canonical.js'
import type { Context } from '../context.js'
import type { Extension } from '../extension.js'
import { type Row, rows } from '../row.js'
import type { Bag } from '../option.js'
import { Memo } from '../sealed.js'
import { TextError } from './error.js'
import { opaqueOptions } from './opaque.js'
import type { Found, Token } from './scanner.js'

interface Given {
  readonly row: Row
  readonly flag: string
  readonly column: number
  readonly valueColumn: number
  readonly text: string
  readonly second: string
  readonly negated: boolean
}

const flagsOf = new WeakMap<Extension, ReadonlyMap<string, Row>>()

function flags(extension: Extension): ReadonlyMap<string, Row> {
  let known = flagsOf.get(extension)
  if (!known) {
    known = new Map([...rows(extension).values()].flatMap((row) => row.flags.map((flag) => [flag, row] as const)))
    flagsOf.set(extension, known)
  }
  return known
}

/** The option of an extension that has this text. */
export function rowOfFlag(extension: Extension, flag: string): Row | undefined {
  return flags(extension).get(flag)
}

const memos = new WeakMap<Extension, Memo<Bag>>()

/** Options of an extension by the words they were read from: the same ones stand in many rules. */
function memoOf(extension: Extension): Memo<Bag> {
  let memo = memos.get(extension)
  if (!memo) {
    memo = new Memo()
    memos.set(extension, memo)
  }
  return memo
}

/** A match or target of a rule that is being read, with the options it has been given so far. */
export class Loaded {
  readonly extension: Extension
  readonly column: number
  readonly #given: Given[] = []

  constructor(extension: Extension, column: number) {
    this.extension = extension
    this.column = column
  }

  find(flag: string): Found<Loaded> | undefined {
    const row = flags(this.extension).get(flag)
    return row && { owner: this, row }
  }

  like(beginning: string): Found<Loaded>[] {
    const found = new Set<Row>()
    for (const [flag, row] of flags(this.extension)) if (flag.startsWith(beginning)) found.add(row)
    return [...found].map((row) => ({ owner: this, row }))
  }

  give(row: Row, token: Token<Loaded>, second: string): void {
    const { flag, column, valueColumn, value, negated } = token
    if (negated && !row.negatable) throw new TextError(`option '${flag}' cannot be inverted`, { column })
    this.#given.push({ row, flag, column, valueColumn, text: value, second, negated })
  }

  /** The options, read. Throws a TextError that says which one makes no sense. */
  options(context: Context): Bag {
    const { extension } = this
    const memo = memoOf(extension)
    if (!memo.awake) return this.#canonical(context)
    const key = this.#key(context)
    let options = memo.get(key)
    if (!options) {
      options = this.#canonical(context)
      memo.set(key, options)
    }
    return options
  }

  /** What the options depend on, and nothing else. */
  #key({ family, protocol }: Context): string {
    let key = `${family} ${protocol}`
    for (const { row, text, second, negated } of this.#given) key += `\n${negated ? '!' : ''}${row.key} ${text}${second === '' ? '' : `\r${second}`}`
    return key
  }

  #canonical(context: Context): Bag {
    const { extension } = this
    try {
      const options = this.#read(context)
      return extension.name === 'unknown' ? opaqueOptions(options) : completeOptions(extension, options, context)
    } catch (error) {
      if (!InputError.is(error) || TextError.is(error)) throw error
      const at = this.#given.find(({ row }) => row.key === error.path)
      throw new TextError(`${extension.name}: ${at ? `${at.flag}: ` : ''}${error.reason}`, { column: at?.column ?? this.column, cause: error })
    }
  }

  #read(context: Context): Bag {
    const { extension } = this
    const options: Bag = { [extension.type]: extension.name }
    if (extension.collect) {
      const given = this.#given.map((one) => ({ key: one.row.key, value: this.#value(one, context), negated: one.negated }))
      return Object.assign(options, extension.collect(given))
    }
    for (const one of this.#given) {
      const { row, flag, column, negated } = one
      let value = this.#value(one, context)
      if (negated) value = row.kind.words === 0 ? false : { not: value }
      const before = options[row.key]
      if (before === undefined) options[row.key] = value
      else if (row.option?.join) options[row.key] = row.option.join(before, value)
      else throw new TextError(`${extension.name}: option '${flag}' can only be used once`, { column })
    }
    return options
  }

  #value({ row, flag, valueColumn, text, second }: Given, context: Context): unknown {
    try {
      return row.kind.parse(text, context, second)
    } catch (error) {
      if (!InputError.is(error)) throw error
      throw new TextError(`${this.extension.name}: ${flag}: ${error.reason}`, { column: valueColumn, cause: error })
    }
  }
}
