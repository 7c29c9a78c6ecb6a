import { InputError } from '../../netlink/index.js'
import { AbstractRule, type Definition } from './abstract-rule.js'
import { callable } from './callable.js'

class CompositeRuleClass extends AbstractRule {
  readonly rules: readonly AbstractRule[]

  constructor(rules: Iterable<AbstractRule>, comment?: string) {
    super(comment)
    this.rules = [...rules]
    this.rules.forEach((rule, index) => {
      if (!(rule instanceof AbstractRule)) throw new InputError('is no rule', { path: `rules[${index}]` })
    })
  }

  override ruleDefinitions(): readonly string[] {
    return this.definitions().map(({ text }) => text)
  }

  override definitions(): readonly Definition[] {
    return this.rules.flatMap((rule) => rule.definitions())
  }
}

/** Several rules as one: they share a comment line, and stand in a chain together. */
export const CompositeRule = callable(CompositeRuleClass, 'CompositeRule')
export type CompositeRule = CompositeRuleClass
