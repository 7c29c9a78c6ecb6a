import { type Changes, type Family, formatRule, type Rule, type RuleInput } from '../xtables/index.js'

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
  const number = (await changes.find(table, chain, rule)) || find(await changes.rules(table, chain), rule, family) + 1
  changes.delete(table, chain, number || rule)
}
