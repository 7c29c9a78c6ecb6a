import { inside } from '../netlink/wire/error.js'
import type { Family } from './context.js'
import type { RuleInput } from './rule.js'
import { type ChainInput, chainOrder, givenChains, givenTables, type Policy, type RulesetInput } from './ruleset.js'
import { formatRule } from './text/print.js'
import { hookOf } from './hooks.js'

/** One step from one ruleset to another. Numbers of rules count from 1, as they are when the steps before have been made. */
export type RulesetChange =
  | { readonly change: 'newChain' | 'deleteChain'; readonly table: string; readonly chain: string }
  | { readonly change: 'setPolicy'; readonly table: string; readonly chain: string; readonly policy: Policy }
  | { readonly change: 'insert' | 'delete'; readonly table: string; readonly chain: string; readonly number: number; readonly rule: RuleInput }

/** For which family rules are compared. */
export interface CompareOptions {
  /** `ip` unless given. */
  readonly family?: Family
}

/**
 * Whether two rules say the same: whatever they have counted, in whichever form their values are given. Throws an InputError
 * for one that makes no sense.
 */
export function sameRule(a: RuleInput, b: RuleInput, { family = 'ip' }: CompareOptions = {}): boolean {
  return formatRule(a, { family }) === formatRule(b, { family })
}

/**
 * The steps that make one ruleset of another, in an order in which they can be made: chains come before the rules that jump
 * to them and go after. Counters do not count. Tables that only `before` has are left as they are. Throws an InputError that
 * names the rule that makes no sense.
 *
 * @example
 * const before = await xt.ip.readAll()
 * for (const step of diffRulesets(before, wanted)) console.log(step.change, step.chain)
 */
export function diffRulesets(before: RulesetInput, after: RulesetInput, { family = 'ip' }: CompareOptions = {}): RulesetChange[] {
  // Maps: a chain may have the name of a member of every object.
  const old = new Map(givenTables(before))
  return givenTables(after).flatMap(([table, chains]) => diffTable(table, new Map(givenChains(table, old.get(table) ?? {})), new Map(givenChains(table, chains)), family))
}

type Chains = ReadonlyMap<string, ChainInput>

const EMPTY: ChainInput = { rules: [] }

function diffTable(table: string, before: Chains, after: Chains, family: Family): RulesetChange[] {
  const created: RulesetChange[] = []
  const rules: RulesetChange[] = []
  const emptied: RulesetChange[] = []
  const deleted: RulesetChange[] = []
  for (const chain of chainOrder(after.keys(), hookOf)) {
    const { policy, rules: wanted } = after.get(chain) as ChainInput
    const old = before.get(chain)
    if (!old && policy === undefined) created.push({ change: 'newChain', table, chain })
    if (policy !== undefined && policy !== (old?.policy ?? 'ACCEPT')) rules.push({ change: 'setPolicy', table, chain, policy })
    rules.push(...diffChain(table, chain, old ?? EMPTY, wanted, family))
  }
  for (const [chain, { policy, rules: old }] of before) {
    if (after.has(chain)) continue
    emptied.push(...diffChain(table, chain, { rules: old }, [], family))
    if (policy === undefined) deleted.push({ change: 'deleteChain', table, chain })
    else if (policy !== 'ACCEPT') emptied.push({ change: 'setPolicy', table, chain, policy: 'ACCEPT' })
  }
  return [...created, ...rules, ...emptied, ...deleted]
}

function diffChain(table: string, chain: string, { rules: before }: ChainInput, after: readonly RuleInput[], family: Family): RulesetChange[] {
  const key = (rule: RuleInput, index: number) => inside(`${table} ${chain} rule ${index + 1}`, () => formatRule(rule, { family }))
  const [old, wanted] = [before.map(key), after.map(key)]
  const changes: RulesetChange[] = []
  let number = 1
  for (const step of script(old, wanted)) {
    if (step === 'keep') number++
    else if (step.insert === undefined) {
      changes.push({ change: 'delete', table, chain, number, rule: before[step.delete as number] as RuleInput })
    } else changes.push({ change: 'insert', table, chain, number: number++, rule: after[step.insert] as RuleInput })
  }
  return changes
}

type Step = 'keep' | { readonly insert?: number; readonly delete?: number }

/** More edits than this are not looked for: what lies between is replaced then. */
const MOST_EDITS = 1000

/** The shortest way from one list to another (Myers, "An O(ND) difference algorithm", 1986). */
function script(a: readonly string[], b: readonly string[]): Step[] {
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const middle = edits(a.slice(head, a.length - tail), b.slice(head, b.length - tail)).map((step): Step => {
    if (step === 'keep') return step
    return step.insert === undefined ? { delete: (step.delete as number) + head } : { insert: step.insert + head }
  })
  return [...Array<Step>(head).fill('keep'), ...middle, ...Array<Step>(tail).fill('keep')]
}

function edits(a: readonly string[], b: readonly string[]): Step[] {
  const trace: Map<number, number>[] = []
  let reach = new Map<number, number>([[1, 0]])
  for (let d = 0; d <= Math.min(a.length + b.length, MOST_EDITS); d++) {
    trace.push(new Map(reach))
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1))
      let x = down ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      reach.set(k, x)
      if (x >= a.length && x - k >= b.length) return walkBack(trace, a.length, b.length)
    }
    reach = new Map(reach)
  }
  return [...a.map((_, index): Step => ({ delete: index })), ...b.map((_, index): Step => ({ insert: index }))]
}

function walkBack(trace: readonly Map<number, number>[], endA: number, endB: number): Step[] {
  const steps: Step[] = []
  let [x, y] = [endA, endB]
  for (let d = trace.length - 1; d >= 0; d--) {
    const reach = trace[d] as Map<number, number>
    const k = x - y
    const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1))
    const fromK = down ? k + 1 : k - 1
    const fromX = reach.get(fromK) ?? 0
    const fromY = fromX - fromK
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      steps.push('keep')
      x--
      y--
    }
    if (d === 0) break
    steps.push(down ? { insert: y - 1 } : { delete: x - 1 })
    x = fromX
    y = fromY
  }
  return steps.reverse()
}
