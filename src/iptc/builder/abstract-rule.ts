import { inspect } from 'node:util'
import { oneLine, ruleComment } from './note.js'
import { Origin } from './origin.js'
import { ruleText } from './print.js'
import type { Argument } from './argument.js'

/** One rule of iptables, and what it was made of. */
export interface Definition {
  /** In the language of iptables, without its chain. */
  readonly text: string
  readonly rule: AbstractRule
  /** Where the text is made of arguments: all of them. */
  readonly args: readonly Argument[] | undefined
}

/** What a chain holds: an object that stands for any number of rules of iptables. Write `ruleDefinitions` for one of your own. */
export abstract class AbstractRule {
  /** Stands above the rule in the text; most rules take it into the kernel, too, as a match `comment`. */
  readonly comment: string | undefined
  /** Where in the program it was made. */
  readonly origin: Origin

  /** Throws an InputError for a comment of more than 255 bytes. */
  constructor(comment?: string) {
    this.comment = ruleComment(comment)
    this.origin = new Origin()
  }

  /** The rules of iptables that it stands for, without their chain. Nothing is checked. */
  abstract ruleDefinitions(): readonly string[]

  /** The same, each with the object and the arguments it comes from. */
  definitions(): readonly Definition[] {
    return this.ruleDefinitions().map((text) => ({ text, rule: this, args: undefined }))
  }

  /**
   * A comment line, and a line for each rule, behind `prefix` (`-A INPUT`). Throws a RulesetError where a rule is none that
   * iptables reads, in either family.
   */
  toIptables(prefix = ''): string {
    return ruleText(this, prefix)
  }

  /** `rules.mjs:12 main`. */
  debugInfo(): string {
    return this.origin.toString()
  }

  toString(): string {
    return this.ruleDefinitions().map(oneLine).join('\n')
  }

  [inspect.custom](): string {
    return `${this.constructor.name} <${described(this)}>`
  }
}

function described(rule: AbstractRule): string {
  try {
    return rule.ruleDefinitions().map(oneLine).join(' | ')
  } catch (error) {
    return `no rule: ${(error as Error).message}`
  }
}
