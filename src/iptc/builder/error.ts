import { InputError } from '../../netlink/index.js'
import type { AbstractRule } from './abstract-rule.js'

/** What is known of a rule that was refused. */
export interface RulesetErrorDetails {
  /** Table, chain, comment and place, for people. */
  readonly path: string
  readonly rule: AbstractRule | undefined
  readonly location: string
  /** The rule in the language of iptables. */
  readonly text: string | undefined
  readonly line?: number | undefined
  readonly cause: unknown
}

/** A rule of generated tables was refused, by the reader of rules or by the kernel; nothing has changed. `cause` says by whom. */
export class RulesetError extends InputError {
  /** The object that gave the rule; undefined where a chain or a table is at fault. */
  readonly rule: AbstractRule | undefined
  readonly comment: string | undefined
  /** Where in the program that was made: `rules.mjs:12 main`. */
  readonly location: string
  /** The rule in the language of iptables. */
  readonly text: string | undefined
  /** The line of the generated text, from 1; undefined where no text was generated. */
  readonly line: number | undefined

  constructor(reason: string, { path, rule, location, text, line, cause }: RulesetErrorDetails) {
    super(reason, { path, cause })
    this.rule = rule
    this.comment = rule?.comment
    this.location = location
    this.text = text
    this.line = line
  }
}
