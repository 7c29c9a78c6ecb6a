import { inTurns } from '../netlink/index.js'
import { type Changes, type Family, formatRule, type Rule, type RuleInput } from '../xtables/index.js'

type Draft = Awaited<ReturnType<Changes['draft']>>

/** Rules that are looked at between two turns of the event loop. */
const STEP = 32

/** Where the first rule stands that is printed as this one is, counted from 0; -1 where none is. */
export function find(rules: readonly Rule[], rule: RuleInput, family: Family): number {
  const wanted = formatRule(rule, { family })
  return rules.findIndex((one) => formatRule(one, { family }) === wanted)
}

/**
 * Takes out the first rule that says the same. A rule that was read from a dictionary or from text may say it in other bytes
 * than the kernel has: what is left out there is printed. So one that is printed alike goes where none has the same bytes.
 */
export async function takeOut(changes: Changes, family: Family, table: string, chain: string, rule: RuleInput): Promise<void> {
  const same = await inTurns(sameBytes(await changes.draft(table, { chain }), chain, rule))
  const at = same < 0 ? find(await changes.rules(table, chain), rule, family) : same
  changes.delete(table, chain, at < 0 ? rule : at + 1)
}

function* sameBytes(draft: Draft, chain: string, rule: RuleInput): Generator<void, number> {
  const { slots } = draft.chain(chain)
  const wanted = draft.reader.keyOf(rule)
  for (const [i, slot] of slots.entries()) {
    if (draft.reader.key(slot) === wanted) return i
    if (i % STEP === STEP - 1) yield
  }
  return -1
}
