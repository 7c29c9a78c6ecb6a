import { InputError, type NetfilterError } from '../../netlink/index.js'
import type { Word } from './words.js'

/** A word that makes no sense where it stands. */
export class TextError extends InputError {
  /** Where the word begins, in columns from 1. */
  readonly column: number | undefined

  constructor(reason: string, options: { column?: number | undefined; cause?: unknown } = {}) {
    super(reason, options)
    this.column = options.column
  }
}

/** A command line that is not one: a missing word, an unknown option. The ipset tool exits with 2. */
export class UsageError extends TextError {}

/** Runs `read` on a word; an InputError in it gets the place of the word. */
export function atWord<T>({ column }: Word, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw InputError.is(error) && !TextError.is(error) ? new TextError(error.message, { column, cause: error }) : error
  }
}

/** A line of a saved ruleset that could not be carried out, and why. */
export class RestoreError extends InputError {
  /** Counted from 1. */
  readonly line: number
  /** Column of the word at fault, from 1, where one is. */
  readonly column: number | undefined

  constructor(line: number, cause: NetfilterError) {
    const column = TextError.is(cause) ? cause.column : undefined
    super(cause.message, { path: `line ${line}${column === undefined ? '' : `, column ${column}`}`, cause })
    this.line = line
    this.column = column
  }
}
