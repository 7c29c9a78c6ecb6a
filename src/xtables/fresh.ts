import { type ChainDraft, newSlot, type Slot, type SlotReader, TableDraft } from './draft.js'
import type { Family } from './context.js'
import { checkCounters } from './counters.js'
import { HOOK_CHAINS, hookOf, TABLE_CHAINS } from './hooks.js'
import type { Counters, Rule, RuleInput } from './rule.js'
import { type Chain, dictionary, type Table, type TableInput } from './ruleset.js'
import { formatRule } from './text/print.js'

const NOTHING: Counters = { packets: 0n, bytes: 0n }

/** Slots of a table that no kernel has: all of them are as they were given. */
class GivenSlots implements SlotReader {
  readonly #family: Family

  constructor(family: Family) {
    this.#family = family
  }

  rule(slot: Slot): Rule {
    return slot.given as Rule
  }
  key(slot: Slot): string {
    return this.keyOf(slot.given as RuleInput)
  }
  keyOf(rule: RuleInput): string {
    return formatRule(rule, { family: this.#family })
  }
  policyCounters(): Counters {
    return NOTHING
  }
}

/** A table as the kernel makes it: built-in chains without rules, with the policy ACCEPT. */
export function freshTable(family: Family, name: string): TableDraft {
  const table = new TableDraft(family, name, new GivenSlots(family))
  for (const chain of TABLE_CHAINS[name] ?? HOOK_CHAINS) {
    table.chains.set(chain, { name: chain, hook: hookOf(chain), policy: 'ACCEPT', counting: 'new', origin: undefined, slots: [] })
  }
  return table
}

/** A draft of a table that is given as data: changes of it reach no kernel. Throws an InputError for rules that make no sense. */
export function draftOf(family: Family, name: string, content: TableInput): TableDraft {
  const table = new TableDraft(family, name, new GivenSlots(family))
  for (const [chain, { policy, counters, rules }] of Object.entries(content)) {
    const hook = policy === undefined ? -1 : hookOf(chain)
    const counting = counters === undefined ? 'new' : checkCounters(counters)
    table.chains.set(chain, { name: chain, hook, policy, counting, origin: undefined, slots: rules.map(newSlot) })
  }
  return table
}

/** A draft as data. */
export function contentOf(table: TableDraft): Table {
  return dictionary(table.inOrder().map((chain) => [chain.name, chainOf(table, chain)] as const))
}

function chainOf(table: TableDraft, { policy, counting, slots }: ChainDraft): Chain {
  const rules = slots.map((slot) => {
    const rule = (slot.given as Rule | undefined) ?? table.reader.rule(slot)
    // `new` for a rule that was given counters: they have been set to zero since.
    const isZero = slot.counting === 'zero' || (slot.counting === 'new' && rule.counters !== undefined)
    return isZero ? { ...rule, counters: NOTHING } : rule
  })
  if (policy === undefined) return { rules }
  return { policy, counters: typeof counting === 'object' ? counting : NOTHING, rules }
}
