import { append, newChain } from '../../../src/xtables/change.js'
import { checkTable, placeOf } from '../../../src/xtables/check.js'
import type { Slot, TableDraft } from '../../../src/xtables/draft.js'
import { freshTable } from '../../../src/xtables/fresh.js'
import { type Family, parseRule } from '../../../src/xtables/index.js'
import { inputErrorOf } from './errors.js'

function tableOf(name: string, rules: readonly string[], family: Family = 'ip'): TableDraft {
  const table = freshTable(family, name)
  for (const line of rules) {
    const [, chain = '', text = ''] = /^(\S+) ?(.*)$/.exec(line) ?? []
    if (!table.chains.has(chain)) newChain(table, chain)
    append(table, chain, parseRule(text, { family }))
  }
  return table
}

test.each<[what: string, rules: readonly string[]]>([
  ['nothing', []],
  ['a chain two rules jump to', ['a -p tcp', 'INPUT -j a', 'OUTPUT -g a']],
  ['a chain that is reached on two ways', ['c', 'b -j c', 'a -j c', 'INPUT -j a', 'INPUT -j b', 'a -j b']],
  ['a circle that no built-in chain reaches', ['a -j b', 'b -j a']],
])('a table with %s is sound', (_, rules) => {
  expect(() => checkTable(tableOf('filter', rules))).not.toThrow()
})

test.each<[rules: readonly string[], reason: string, path: string]>([
  [
    ['INPUT -p tcp', 'INPUT -p udp -j nosuch'],
    "there is no chain 'nosuch' in table 'filter'",
    'filter INPUT rule 2 (-p udp -j nosuch)',
  ],
  [['a -g nosuch'], "there is no chain 'nosuch' in table 'filter'", 'filter a rule 1 (-g nosuch)'],
  [['a', 'INPUT -j OUTPUT'], "'OUTPUT' is built in, no rule can jump there", 'filter INPUT rule 1 (-j OUTPUT)'],
  [['a -j a', 'INPUT -j a'], 'chains call each other in a circle: a -> a', 'filter a rule 1 (-j a)'],
  [
    ['a', 'a -j b', 'b -g c', 'c -j a', 'OUTPUT -j a'],
    'chains call each other in a circle: a -> b -> c -> a',
    'filter c rule 1 (-j a)',
  ],
])('%j is refused, and the rule named', (rules, reason, path) => {
  expect(inputErrorOf(() => checkTable(tableOf('filter', rules)))).toEqual({ reason, path })
})

test.each<[table: string, rule: string, what: string, where: string, family?: Family]>([
  ['filter', 'INPUT -p tcp -j REDIRECT', 'target REDIRECT', 'nat'],
  ['filter', 'INPUT -j SNAT --to-source 10.0.0.1', 'target SNAT', 'nat'],
  ['filter', 'INPUT -p tcp -j TPROXY --on-port 1', 'target TPROXY', 'mangle'],
  ['nat', 'OUTPUT -j REJECT', 'target REJECT', 'filter'],
  ['nat', 'OUTPUT -j CT --notrack', 'target CT', 'raw'],
  ['mangle', 'INPUT -j MASQUERADE', 'target MASQUERADE', 'nat', 'ip6'],
])('a table %s may not have %s', (table, rule, what, where, family = 'ip') => {
  const error = inputErrorOf(() => checkTable(tableOf(table, [rule], family)))
  expect(error.reason).toBe(`the ${what} may only stand in table ${where}`)
  expect(error.path).toMatch(new RegExp(`^${table} ${rule.split(' ')[0]} rule 1 \\(`))
})

test('the tables that may have an extension do', () => {
  expect(() => checkTable(tableOf('nat', ['POSTROUTING -j MASQUERADE', 'OUTPUT -p tcp -j REDIRECT']))).not.toThrow()
  expect(() => checkTable(tableOf('raw', ['PREROUTING -j CT --notrack']))).not.toThrow()
})

test('deep chains of jumps are checked in no time, also where each is reached on many ways', () => {
  const rules: string[] = []
  for (let i = 0; i < 300; i++) rules.push(`c${i} -j c${i + 1}`, `c${i} -g c${i + 1}`)
  const table = tableOf('filter', ['c300', ...rules, 'INPUT -j c0'])
  expect(() => checkTable(table)).not.toThrow()
  append(table, 'c300', parseRule('-j c0'))
  expect(inputErrorOf(() => checkTable(table)).reason).toMatch(/in a circle: c0 -> c1 -> .* -> c300 -> c0$/)
})

test('a rule is named by its number and its text', () => {
  const table = tableOf('filter', ['a', 'INPUT -p tcp', 'INPUT -j a'])
  const input = table.chain('INPUT')
  expect(placeOf(table, input, input.slots[1] as Slot)).toBe('filter INPUT rule 2 (-j a)')
})

test('what stands beside a jump is refused, and the rule named', () => {
  const table = tableOf('filter', ['a', 'INPUT -p tcp'])
  append(table, 'INPUT', { target: { jump: 'a', rejectWith: 'tcp-reset' } } as never)
  expect(inputErrorOf(() => checkTable(table))).toEqual({ reason: "cannot stand beside 'jump', which has no options", path: 'filter INPUT rule 2.target.rejectWith' })
})
