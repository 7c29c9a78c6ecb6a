import type { Counting, Slot } from './draft.js'
import type { RuleInput } from './rule.js'

/** A rule that was read, in a draft. Where it jumps to is found out when somebody asks. */
export abstract class ReadSlot<O> implements Slot {
  readonly origin: O
  readonly given = undefined
  counting: Counting = 'keep'
  #jump: string | null | undefined

  constructor(origin: O) {
    this.origin = origin
  }

  /** The chain that the rule jumped or went to when it was read. */
  protected abstract readJump(): string | undefined

  get jump(): string | undefined {
    if (this.#jump === undefined) this.#jump = this.readJump() ?? null
    return this.#jump ?? undefined
  }

  set jump(chain: string | undefined) {
    this.#jump = chain ?? null
  }
}

/** A rule with another chain to jump or go to, where it jumps or goes to one. */
export function withJump<R extends RuleInput>(rule: R, to: string): R {
  const { target } = rule
  if (target === undefined || !('jump' in target || 'goto' in target)) return rule
  return { ...rule, target: 'jump' in target ? { jump: to } : { goto: to } }
}
