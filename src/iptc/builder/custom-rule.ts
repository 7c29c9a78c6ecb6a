import { InputError } from '../../netlink/index.js'
import { splitRuleWords } from '../../xtables/index.js'
import { AbstractRule } from './abstract-rule.js'
import { Match } from './argument-list.js'
import { callable } from './callable.js'
import { oneLine } from './note.js'

class CustomRuleClass extends AbstractRule {
  /** As it was given. */
  readonly rule: string

  constructor(rule: string, comment?: string) {
    super(comment)
    if (typeof rule !== 'string') throw new InputError(`a CustomRule is text, not ${rule === null ? 'null' : typeof rule}`)
    if (/[\0\n\r]/.test(rule)) throw new InputError('a CustomRule is one line of text')
    this.rule = rule
  }

  override ruleDefinitions(): readonly string[] {
    if (this.comment === undefined) return [this.rule]
    // What stands open in it would take in the comment.
    splitRuleWords(this.rule)
    return [`${this.rule} ${new Match('comment', { comment: oneLine(this.comment) }).toIptables()}`]
  }
}

/** A rule as text, behind `-A CHAIN`: `new CustomRule('-p tcp --dport 22 -j DROP', 'no SSH')`. What is no rule is refused when it is printed. */
export const CustomRule = callable(CustomRuleClass, 'CustomRule')
export type CustomRule = CustomRuleClass
