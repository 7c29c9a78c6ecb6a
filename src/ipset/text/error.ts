import { InputError, type NetfilterError } from '../../netlink/index.js'

/** A command line that is not one: a missing word, an unknown option. The ipset tool exits with 2. */
export class UsageError extends InputError {}

/** A line of a saved ruleset that could not be carried out, and why. */
export class RestoreError extends InputError {
  /** Counted from 1. */
  readonly line: number
  /** Column of the word at fault, from 1, where it is known. */
  readonly column: number | undefined

  constructor(line: number, cause: NetfilterError, column?: number) {
    super(InputError.is(cause) ? cause.message : cause.message, { path: `line ${line}${column === undefined ? '' : `, column ${column}`}`, cause })
    this.line = line
    this.column = column
  }
}
