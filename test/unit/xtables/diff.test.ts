import fc from 'fast-check'
import { atOnce } from '../../../src/netlink/index.js'
import * as change from '../../../src/xtables/change.js'
import { contentOf, freshTable } from '../../../src/xtables/fresh.js'
import { diffRulesets, parseRule, parseRuleset, type Ruleset, type RulesetChange, sameRule } from '../../../src/xtables/index.js'
import { inputErrorOf } from './errors.js'

/** Makes the steps one after the other on tables of their own. */
function applyAll(before: Ruleset, steps: readonly RulesetChange[]): Ruleset {
  const drafts = new Map(Object.keys(before).map((name) => [name, freshTable('ip', name)]))
  for (const [name, draft] of drafts) atOnce(change.replaceTable(draft, before[name] ?? {}))
  for (const step of steps) {
    const draft = drafts.get(step.table) ?? freshTable('ip', step.table)
    drafts.set(step.table, draft)
    if (step.change === 'insert') change.insert(draft, step.chain, step.rule, step.number)
    else if (step.change === 'delete') change.remove(draft, step.chain, step.number)
    else if (step.change === 'setPolicy') change.setPolicy(draft, step.chain, step.policy)
    else if (step.change === 'newChain') change.newChain(draft, step.chain)
    else change.deleteChain(draft, step.chain)
  }
  return Object.fromEntries([...drafts].map(([name, draft]) => [name, contentOf(draft)]))
}

const text = (lines: readonly string[]) => ['*filter', ...lines, 'COMMIT', ''].join('\n')
/** A ruleset without its counters, which steps do not carry. */
const plain = (ruleset: Ruleset) => JSON.parse(JSON.stringify(ruleset, (key, value) => (key === 'counters' ? undefined : value)))

test('rules that say the same are the same, whatever they counted and however it is said', () => {
  const rule = parseRule('-c 5 300 -p tcp --dport 22 -j MARK --set-mark 1')
  const other = { protocol: 6, matches: [{ match: 'tcp', dport: '22' }], target: { target: 'MARK', orMark: 0xffff_ffff } } as const
  expect(sameRule(rule, { ...other, target: { target: 'MARK', setMark: 1 } })).toBe(true)
  expect(sameRule(rule, other)).toBe(false)
  const six = { family: 'ip6' } as const
  expect(sameRule(parseRule('-s FD00::/8', six), { source: 'fd00:0::1/8' }, six)).toBe(true)
})

test('equal rulesets differ in nothing, counters apart', () => {
  const lines = [':INPUT DROP [1:2]', ':web - [0:0]', '[7:8] -A INPUT -j web', '-A web -p tcp']
  const other = parseRuleset(text(lines).replace('[7:8]', '[9:9]'))
  expect(diffRulesets(parseRuleset(text(lines)), other)).toEqual([])
})

test('the steps name chains, policies and rules, each with its place', () => {
  const before = parseRuleset(text([':INPUT ACCEPT [0:0]', ':old - [0:0]', '-A INPUT -p tcp', '-A INPUT -p udp -j old', '-A INPUT -p icmp', '-A old -p sctp']))
  const after = parseRuleset(text([':INPUT DROP [0:0]', ':new - [0:0]', '-A INPUT -p tcp', '-A INPUT -p esp -j new', '-A INPUT -p icmp', '-A new -p ah']))
  const steps = diffRulesets(before, after)
  expect(steps.map(({ change, chain, ...rest }) => [change, chain, 'number' in rest ? rest.number : undefined])).toEqual([
    ['newChain', 'new', undefined],
    ['setPolicy', 'INPUT', undefined],
    ['delete', 'INPUT', 2],
    ['insert', 'INPUT', 2],
    ['insert', 'new', 1],
    ['delete', 'old', 1],
    ['deleteChain', 'old', undefined],
  ])
  expect(plain(applyAll(before, steps))).toEqual(plain(after))
})

test('the steps lead from any ruleset to any other, by no more than what differs', () => {
  const rules = fc.array(fc.constantFrom('tcp', 'udp', 'icmp', 'esp', 'ah', '47'), { maxLength: 12 })
  const ruleset = fc.record({ input: rules, own: fc.option(rules), policy: fc.constantFrom('ACCEPT', 'DROP') }).map(({ input, own, policy }) =>
    parseRuleset(text([`:INPUT ${policy} [0:0]`, ...(own ? [':own - [0:0]'] : []), ...input.map((p) => `-A INPUT -p ${p}`), ...(own ?? []).map((p) => `-A own -p ${p}`)])))
  fc.assert(
    fc.property(ruleset, ruleset, (before, after) => {
      const steps = diffRulesets(before, after)
      expect(plain(applyAll(before, steps))).toEqual(plain(after))
      const most = Object.values({ ...before.filter, ...after.filter }).length * 26 + 4
      expect(steps.length).toBeLessThanOrEqual(most)
    }),
    { numRuns: 300 },
  )
})

test('more edits than are worth looking for replace what lies between', () => {
  const many = (from: number) => Array.from({ length: 1200 }, (_, i) => `-A INPUT -m mark --mark ${from + i}`)
  const [before, after] = [parseRuleset(text(many(0))), parseRuleset(text(many(5000)))]
  const steps = diffRulesets(before, after)
  expect(steps).toHaveLength(2400)
  expect(plain(applyAll(before, steps))).toEqual(plain(after))
})

test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('a chain or a table may be called %s', (name) => {
  const chain = { rules: [{}] }
  const one = (key: string, value: object) => Object.defineProperty({}, key, { value, enumerable: true })
  const made = [
    { change: 'newChain', table: 'filter', chain: name },
    { change: 'insert', table: 'filter', chain: name, number: 1, rule: {} },
  ]
  expect(diffRulesets({ filter: {} }, { filter: one(name, chain) })).toEqual(made)
  expect(diffRulesets({ filter: one(name, chain) }, { filter: {} }).map(({ change }) => change)).toEqual(['delete', 'deleteChain'])
  expect(diffRulesets({}, one(name, { web: chain })).map(({ table }) => table)).toEqual([name, name])
})

test('what makes no sense is named', () => {
  const bad = (before: object, after: object) => inputErrorOf(() => diffRulesets(before as Ruleset, after as Ruleset)).path
  expect(bad({}, { filter: { web: {} } })).toBe('filter.web.rules')
  expect(bad({ filter: { web: null } }, { filter: {} })).toBe('filter.web.rules')
  expect(bad({}, { filter: { web: { rules: [{}, { source: 'x' }] } } })).toBe('filter web rule 2.source')
})
