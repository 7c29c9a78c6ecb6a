import { InputError } from '../../netlink/wire/error.js'

/** A text that is no rule or no ruleset: `line` and `column` say where, counted from 1. */
export class TextError extends InputError {
  /** 1 for a rule alone. */
  readonly line: number
  readonly column: number

  constructor(reason: string, place: { readonly line?: number | undefined; readonly column: number; readonly cause?: unknown }) {
    const { line, column } = place
    super(reason, {
      path: line === undefined ? `column ${column}` : `line ${line}, column ${column}`,
      ...('cause' in place ? { cause: place.cause } : {}),
    })
    this.line = line ?? 1
    this.column = column
  }
}
