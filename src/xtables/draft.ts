import { InputError } from '../netlink/wire/error.js'
import type { Family } from './context.js'
import { checkCounters } from './counters.js'
import { shown } from '../netlink/wire/shown.js'
import type { Counters, Rule, RuleInput } from './rule.js'
import { chainOrder, type Policy } from './ruleset.js'

/** What is to become of counters: as they are, from zero on, or as given; `new` for what has none yet. */
export type Counting = 'keep' | 'zero' | 'new' | Counters

/** A rule in a table that is being changed: one the kernel has, as it gave it, or a new one. */
export interface Slot {
  /** What the backend read it from; undefined for a new one. */
  readonly origin: unknown
  /** A new rule, as it was given. */
  readonly given: RuleInput | undefined
  /** The chain it jumps or goes to; changes when that is renamed. */
  jump: string | undefined
  counting: Counting
}

/**
 * Stands in a chain for all rules that the kernel has in it, as long as nobody has asked for them: a rule can be put
 * before or behind them without reading them.
 */
export const UNREAD: Slot = Object.freeze({ origin: 'unread', given: undefined, jump: undefined, counting: 'keep' })

/** What has to be read of a table before a change: its chains alone, the rules of one of them, or all rules. */
export type Needs = 'chains' | 'rules' | { readonly chain: string }

/** A chain in a table that is being changed. */
export interface ChainDraft {
  name: string
  /** The number of its hook; -1 for a chain of the user's. */
  readonly hook: number
  policy: Policy | undefined
  counting: Counting
  /** Whether it is to be there even when nothing is in it: somebody has named it. */
  wanted?: boolean
  /** What the backend read the policy from. */
  readonly origin: unknown
  slots: Slot[]
}

/** What a backend knows of the slots it has made. */
export interface SlotReader {
  /** The rule of a slot. */
  rule(slot: Slot): Rule
  /** What two slots share exactly when they hold the same rule. */
  key(slot: Slot): string
  /** The same for a rule that is not in the table. */
  keyOf(rule: RuleInput): string
  policyCounters(chain: ChainDraft): Counters
  /** As `key`, at less cost: equal ones are equal rules, but rules with different ones may be equal, too. */
  quickKey?(slot: Slot): string | undefined
  quickKeyOf?(rule: RuleInput): string | undefined
}

/** A slot for a new rule. */
export function newSlot(rule: RuleInput): Slot {
  if (typeof rule !== 'object' || rule === null) throw new InputError(`'${shown(rule)}' is no rule`)
  const { target, counters } = rule
  if (target !== undefined && (typeof target !== 'object' || target === null)) throw new InputError('a target is an object', { path: 'target' })
  const jump = target && ('jump' in target ? target.jump : 'goto' in target ? target.goto : undefined)
  const counting = counters === undefined ? 'new' : checkCounters(counters)
  return { origin: undefined, given: rule, jump, counting }
}

/** A table while it is being changed: what the kernel has, and what is to become of it. Nothing here reaches the kernel. */
export class TableDraft {
  readonly family: Family
  readonly name: string
  readonly reader: SlotReader
  readonly chains = new Map<string, ChainDraft>()
  /** Whether there is anything to commit. */
  changed = false
  /** Rules that were taken out because somebody said so: of all others none of a foreign owner may be lost. */
  readonly released = new Set<Slot>()

  constructor(family: Family, name: string, reader: SlotReader) {
    this.family = family
    this.name = name
    this.reader = reader
  }

  /** Chains in the order of iptables. */
  inOrder(): ChainDraft[] {
    const names = chainOrder(this.chains.keys(), (name) => this.chains.get(name)?.hook ?? -1)
    return names.map((name) => this.chains.get(name) as ChainDraft)
  }

  /** The chain of a name. Throws an InputError where there is none. */
  chain(name: string): ChainDraft {
    const chain = this.chains.get(name)
    if (!chain) throw new InputError(`there is no chain '${name}' in table '${this.name}'`)
    return chain
  }

  /** How many rules jump or go to a chain. */
  references(name: string): number {
    let count = 0
    for (const chain of this.chains.values()) for (const slot of chain.slots) if (slot.jump === name) count++
    return count
  }
}
