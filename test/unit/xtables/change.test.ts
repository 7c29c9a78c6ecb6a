import { atOnce } from '../../../src/netlink/index.js'
import {
  append,
  deleteChain,
  flush,
  insert,
  mergeTable,
  newChain,
  remove,
  removeAllChains,
  renameChain,
  replace,
  replaceChain,
  replaceTable,
  setPolicy,
  zero,
} from '../../../src/xtables/change.js'
import type { TableDraft } from '../../../src/xtables/draft.js'
import { contentOf, freshTable } from '../../../src/xtables/fresh.js'
import { formatRuleset, parseRule, type RuleInput } from '../../../src/xtables/index.js'
import { inputErrorOf } from './errors.js'

const r = (text: string): RuleInput => parseRule(text)
const marks = (...numbers: number[]) => numbers.map((number) => r(`-m mark --mark ${number}`))

let table: TableDraft
beforeEach(() => {
  table = freshTable('ip', 'filter')
})

/** The rules of a chain by their marks, or as they are printed. */
function texts(chain: string): string[] {
  const text = formatRuleset({ filter: contentOf(table) })
  return text
    .split('\n')
    .filter((line) => line.startsWith(`-A ${chain} `))
    .map((line) => line.slice(`-A ${chain} `.length).replace(/^-m mark --mark 0x/, ''))
}

test('a fresh table has the chains of its name, empty, and nothing to commit', () => {
  expect([...table.chains.keys()]).toEqual(['INPUT', 'FORWARD', 'OUTPUT'])
  expect([...freshTable('ip6', 'raw').chains.keys()]).toEqual(['PREROUTING', 'OUTPUT'])
  expect(table.changed).toBe(false)
})

test('rules are put at the end, before others and in the place of others', () => {
  for (const rule of marks(1, 2)) append(table, 'INPUT', rule)
  insert(table, 'INPUT', marks(3)[0] as RuleInput)
  insert(table, 'INPUT', marks(4)[0] as RuleInput, 4)
  insert(table, 'INPUT', marks(5)[0] as RuleInput, 2)
  expect(texts('INPUT')).toEqual(['3', '5', '1', '2', '4'])
  replace(table, 'INPUT', 5, marks(6)[0] as RuleInput)
  expect(texts('INPUT')).toEqual(['3', '5', '1', '2', '6'])
  expect(table.changed).toBe(true)
})

test('a rule is taken out by its number, or as the first that says the same', () => {
  for (const rule of marks(1, 2, 1, 3)) append(table, 'INPUT', rule)
  remove(table, 'INPUT', { matches: [{ match: 'mark', mark: '1' }], counters: { packets: 9, bytes: 9 } })
  expect(texts('INPUT')).toEqual(['2', '1', '3'])
  remove(table, 'INPUT', 3)
  expect(texts('INPUT')).toEqual(['2', '1'])
})

test.each<[what: string, change: (table: TableDraft) => void, reason: RegExp]>([
  ['append to no chain', (t) => append(t, 'nosuch', {}), /there is no chain 'nosuch' in table 'filter'/],
  ['insert at 0', (t) => insert(t, 'INPUT', {}, 0), /there is no rule 0 in filter INPUT: numbers go from 1 to 2/],
  ['insert behind the end', (t) => insert(t, 'INPUT', {}, 3), /there is no rule 3/],
  ['insert at a half', (t) => insert(t, 'INPUT', {}, 1.5), /there is no rule 1.5/],
  ['replace what is not there', (t) => replace(t, 'INPUT', 2, {}), /numbers go from 1 to 1/],
  ['remove what is not there', (t) => remove(t, 'INPUT', 2), /there is no rule 2/],
  ['remove what no rule says', (t) => remove(t, 'INPUT', { protocol: 'udp' }), /no rule in filter INPUT says the same/],
  ['remove nonsense', (t) => remove(t, 'INPUT', { protocol: 'nosuch' }), /unknown protocol/],
  ['make a chain twice', (t) => newChain(t, 'one'), /chain 'one' exists already in table 'filter'/],
  ['make a built-in one', (t) => newChain(t, 'INPUT'), /exists already/],
  ['make one without a name', (t) => newChain(t, ''), /a chain needs a name/],
  ['make one of a target', (t) => newChain(t, 'REJECT'), /is that of a target/],
  ['make one of a verdict', (t) => newChain(t, 'RETURN'), /is that of a target/],
  ['make one that looks like an option', (t) => newChain(t, '-j'), /may not begin with '-'/],
  ['make one that looks like a negation', (t) => newChain(t, '!x'), /may not begin with '!'/],
  ['make one with a blank', (t) => newChain(t, 'a b'), /holds a blank/],
  ['make one with a line feed', (t) => newChain(t, 'a\nb'), /holds a blank/],
  ['make one with a NUL', (t) => newChain(t, 'a\0b'), /holds a blank/],
  ['make one of too many bytes', (t) => newChain(t, 'ä'.repeat(15)), /too long: 30 bytes, at most 28 fit/],
  ['delete a built-in one', (t) => deleteChain(t, 'INPUT'), /is built into table 'filter', it cannot be deleted/],
  ['delete what is not there', (t) => deleteChain(t, 'two'), /there is no chain 'two'/],
  ['delete one that is jumped to', (t) => deleteChain(t, 'one'), /rules that jump to it: 1/],
  ['rename a built-in one', (t) => renameChain(t, 'INPUT', 'x'), /it cannot be renamed/],
  ['rename to what is there', (t) => renameChain(t, 'one', 'full'), /chain 'full' exists already/],
  ['rename to a built-in one', (t) => renameChain(t, 'one', 'OUTPUT'), /exists already/],
  ['delete one that is full', (t) => deleteChain(t, 'full'), /rules in it: 1; flush it first/],
  ['set the policy of a chain of the user', (t) => setPolicy(t, 'one', 'DROP'), /only built-in chains have a policy/],
  ['set no policy', (t) => setPolicy(t, 'INPUT', 'RETURN' as 'DROP'), /'RETURN' is no policy/],
  ['flush what is not there', (t) => flush(t, 'two'), /there is no chain 'two'/],
  ['zero what is not there', (t) => zero(t, 'INPUT', 2), /there is no rule 2/],
  ['fill a chain of a bad name', (t) => atOnce(replaceChain(t, '-x', [])), /may not begin/],
  ['fill a chain with no rules', (t) => atOnce(replaceChain(t, 'new', undefined as never)), /a chain has a list of rules/],
  ['fill a chain with a text', (t) => atOnce(replaceChain(t, 'full', '-j DROP' as never)), /a chain has a list of rules/],
  ['fill a table with a chain without rules', (t) => atOnce(replaceTable(t, { full: {} as never })), /a chain has a list of rules/],
  ['fill a table with nothing', (t) => atOnce(replaceTable(t, null as never)), /a table is an object of chains/],
  ['add a chain without rules', (t) => mergeTable(t, { INPUT: { policy: 'DROP' } as never }), /a chain has a list of rules/],
])('to %s is refused, and leaves all as it was', (_, change, reason) => {
  newChain(table, 'one')
  newChain(table, 'full')
  append(table, 'full', r('-j DROP'))
  append(table, 'INPUT', r('-j one'))
  const before = formatRuleset({ filter: contentOf(table) })
  table.changed = false
  expect(inputErrorOf(() => change(table)).reason).toMatch(reason)
  expect(formatRuleset({ filter: contentOf(table) })).toBe(before)
  expect(table.changed).toBe(false)
})

test('the longest name of a chain has 28 bytes', () => {
  newChain(table, 'ä'.repeat(14))
  expect([...table.chains.keys()].at(-1)).toBe('ä'.repeat(14))
})

test('a chain keeps its rules under another name, and rules that jump or go to it still do', () => {
  newChain(table, 'old')
  newChain(table, 'other')
  append(table, 'old', r('-j other'))
  append(table, 'INPUT', r('-j old'))
  append(table, 'other', r('-p tcp -g old'))
  renameChain(table, 'old', 'new')
  expect([...table.chains.keys()].sort()).toEqual(['FORWARD', 'INPUT', 'OUTPUT', 'new', 'other'])
  const jumps = [...table.chains.values()].flatMap(({ name, slots }) => slots.map(({ jump }) => [name, jump]))
  expect(jumps).toEqual([
    ['INPUT', 'new'],
    ['other', 'new'],
    ['new', 'other'],
  ])
  expect(table.references('new')).toBe(2)
  expect(table.references('old')).toBe(0)
  expect(texts('INPUT')).toEqual(['-j new'])
  expect(texts('other')).toEqual(['-p tcp -g new'])
})

test('after renaming, a rule that jumps to the new name is found and taken out', () => {
  newChain(table, 'old')
  append(table, 'INPUT', r('-j old'))
  renameChain(table, 'old', 'new')
  remove(table, 'INPUT', r('-j new'))
  expect(table.references('new')).toBe(0)
})

test('an empty chain that nobody jumps to is deleted, also one that jumped to itself and was flushed', () => {
  newChain(table, 'one')
  append(table, 'one', r('-j one'))
  expect(inputErrorOf(() => deleteChain(table, 'one')).reason).toMatch(/jump to it: 1/)
  flush(table, 'one')
  deleteChain(table, 'one')
  expect(table.chains.has('one')).toBe(false)
})

test('a flush of all chains keeps the chains, their removal keeps those that are built in', () => {
  newChain(table, 'one')
  for (const chain of ['one', 'INPUT', 'OUTPUT']) append(table, chain, r('-p tcp'))
  flush(table)
  expect([...table.chains.values()].map(({ name, slots }) => [name, slots.length])).toEqual([
    ['INPUT', 0],
    ['FORWARD', 0],
    ['OUTPUT', 0],
    ['one', 0],
  ])
  removeAllChains(table)
  expect([...table.chains.keys()]).toEqual(['INPUT', 'FORWARD', 'OUTPUT'])
})

test('counters of what is new begin at zero; of what the kernel has they are set to zero', () => {
  append(table, 'INPUT', { counters: { packets: 5, bytes: 6 } })
  expect(table.chain('INPUT').slots[0]?.counting).toEqual({ packets: 5n, bytes: 6n })
  const kept = { origin: {}, given: undefined, jump: undefined, counting: 'keep' as const }
  table.chain('INPUT').slots.push({ ...kept }, { ...kept })
  zero(table, 'INPUT', 2)
  expect(table.chain('INPUT').slots.map(({ counting }) => counting)).toEqual([
    { packets: 5n, bytes: 6n },
    'zero',
    'keep',
  ])
  expect(table.chain('INPUT').counting).toBe('new')
  zero(table)
  expect(table.chain('INPUT').slots.map(({ counting }) => counting)).toEqual(['new', 'zero', 'zero'])
  expect([...table.chains.values()].map(({ counting }) => counting)).toEqual(['zero', 'zero', 'zero'])
})

test('a policy takes counters where they are given', () => {
  setPolicy(table, 'INPUT', 'DROP', { packets: 1n, bytes: 2n })
  setPolicy(table, 'OUTPUT', 'DROP')
  expect(contentOf(table).INPUT).toEqual({ policy: 'DROP', counters: { packets: 1n, bytes: 2n }, rules: [] })
  expect(table.chain('OUTPUT').counting).toBe('new')
})

describe('a chain that is given other rules', () => {
  test('is made where it is missing', () => {
    atOnce(replaceChain(table, 'one', marks(1, 2)))
    expect(texts('one')).toEqual(['1', '2'])
  })

  test('keeps the slots of rules it has already, each once, in the order of the new ones', () => {
    for (const rule of marks(1, 2, 1, 3)) append(table, 'INPUT', rule)
    const [one, two, again] = table.chain('INPUT').slots
    atOnce(replaceChain(table, 'INPUT', marks(2, 1, 4, 1, 1)))
    const { slots } = table.chain('INPUT')
    expect(texts('INPUT')).toEqual(['2', '1', '4', '1', '1'])
    expect([slots[0] === two, slots[1] === one, slots[3] === again]).toEqual([true, true, true])
    expect([one, two, again]).not.toContain(slots[4])
  })

  test('takes the counters of a rule that has its own', () => {
    append(table, 'INPUT', marks(1)[0] as RuleInput)
    const [before] = table.chain('INPUT').slots
    atOnce(replaceChain(table, 'INPUT', [{ ...marks(1)[0], counters: { packets: 1, bytes: 2 } }]))
    expect(table.chain('INPUT').slots[0]).not.toBe(before)
    expect(table.chain('INPUT').slots[0]?.counting).toEqual({ packets: 1n, bytes: 2n })
  })

  test('has none left of an empty list', () => {
    append(table, 'INPUT', {})
    atOnce(replaceChain(table, 'INPUT', []))
    expect(table.chain('INPUT').slots).toEqual([])
  })
})

test('a table that is given other chains has those, and the built-in ones empty with the policy ACCEPT', () => {
  newChain(table, 'gone')
  append(table, 'gone', {})
  append(table, 'OUTPUT', {})
  setPolicy(table, 'OUTPUT', 'DROP')
  atOnce(replaceTable(table, {
    INPUT: { policy: 'DROP', counters: { packets: 1, bytes: 2 }, rules: [{ target: { jump: 'made' } }] },
    made: { rules: marks(1) },
  }))
  expect(formatRuleset({ filter: contentOf(table) })).toBe(
    '*filter\n:INPUT DROP [1:2]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:made - [0:0]\n-A INPUT -j made\n-A made -m mark --mark 0x1\nCOMMIT\n',
  )
})

test('chains that are added to a table leave its rules, and bring policies and counters along', () => {
  append(table, 'OUTPUT', r('-p udp'))
  mergeTable(table, {
    INPUT: { policy: 'DROP', counters: { packets: 1, bytes: 2 }, rules: [{ target: { jump: 'made' } }] },
    OUTPUT: { rules: [r('-p tcp')] },
    made: { rules: marks(1) },
  })
  expect(formatRuleset({ filter: contentOf(table) })).toBe(
    '*filter\n:INPUT DROP [1:2]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:made - [0:0]\n-A INPUT -j made\n-A OUTPUT -p udp\n-A OUTPUT -p tcp\n-A made -m mark --mark 0x1\nCOMMIT\n',
  )
})
