import fc from 'fast-check'
import { atOnce, InputError } from '../../../src/netlink/index.js'
import { Stale } from '../../../src/xtables/backend.js'
import * as change from '../../../src/xtables/change.js'
import { type ChainDraft, type Needs, type Slot, type SlotReader, TableDraft, UNREAD } from '../../../src/xtables/draft.js'
import { formatRule, parseRule, type Rule, type RuleInput } from '../../../src/xtables/index.js'
import { LineWriter, tellDraft } from '../../../src/xtables/remote/answer.js'
import { applyPlan } from '../../../src/xtables/remote/apply.js'
import { Lines } from '../../../src/xtables/remote/message.js'
import { tellPlan } from '../../../src/xtables/remote/plan.js'
import type { OpenAnswer, PlanData } from '../../../src/xtables/remote/request.js'
import { readRuleLine } from '../../../src/xtables/remote/rule-line.js'
import { requestCheck } from '../../../src/xtables/remote/schema.js'
import { RemoteTable } from '../../../src/xtables/remote/table.js'
import { thrownBy } from '../../support/thrown.js'

/** What a backend would have read. */
interface Held {
  readonly rule: Rule
  readonly place: string
}

const jumpOf = ({ target }: Rule): string | undefined => (target && 'jump' in target ? target.jump : undefined)

class HeldRules implements SlotReader {
  rule({ origin, jump }: Slot): Rule {
    const { rule } = origin as Held
    return jump === undefined ? rule : { ...rule, target: { jump } }
  }
  key(slot: Slot): string {
    return formatRule(slot.given ?? this.rule(slot))
  }
  keyOf(rule: RuleInput): string {
    return formatRule(rule)
  }
  policyCounters() {
    return { packets: 3n, bytes: 300n }
  }
}

const CHAINS = { INPUT: ['-p tcp -m tcp --dport 1', '-j a', '-p udp', '-p udp', '-j b'], FORWARD: [], OUTPUT: ['-p icmp -m icmp --icmp-type 8'], a: ['-j b', '-p tcp -m tcp --dport 2'], b: [], c: ['-m mark --mark 0x5'] }

/** The table as a backend gives it. */
function tableOf(chains: Readonly<Record<string, readonly string[]>> = CHAINS): TableDraft {
  const table = new TableDraft('ip', 'filter', new HeldRules())
  for (const [name, texts] of Object.entries(chains)) {
    const hook = ['INPUT', 'FORWARD', 'OUTPUT'].indexOf(name) + 1 || -1
    const slots = texts.map((text, i): Slot => {
      const rule = { ...parseRule(text), counters: { packets: BigInt(i), bytes: 0n } }
      return { origin: { rule, place: `${name} ${i}` } satisfies Held, given: undefined, jump: jumpOf(rule), counting: 'keep' }
    })
    table.chains.set(name, { name, hook, policy: hook < 0 ? undefined : 'ACCEPT', counting: 'keep', origin: {}, slots })
  }
  return table
}

async function told(table: TableDraft, needs: Needs): Promise<{ answer: OpenAnswer; lines: Lines }> {
  const writer = new LineWriter()
  const answer = await tellDraft(table, needs, writer)
  const text = Buffer.concat(writer.end()).toString()
  return { answer: JSON.parse(JSON.stringify(answer)), lines: new Lines(text, 1) }
}

/** The table as a program gets it of a daemon. */
async function remoteOf(needs: Needs = 'rules', table = tableOf()): Promise<RemoteTable> {
  const { answer, lines } = await told(table, needs)
  const remote = new RemoteTable('nft', 'ip', 'filter', answer)
  remote.load(answer, lines)
  return remote
}

/** A plan on its way, and the rules that belong to it. */
async function sent(remote: RemoteTable): Promise<{ plan: PlanData; rules: () => RuleInput; lines: Lines }> {
  const writer = new LineWriter()
  const data = JSON.parse(JSON.stringify(await tellPlan(remote, writer)))
  const check = await requestCheck()
  const request = check({ id: 1, method: 'commit', test: false, tables: [{ family: 'ip', table: 'filter', version: JSON.parse(JSON.stringify(remote.version)), plan: data }] }) as unknown as { tables: { plan: PlanData }[] }
  const lines = new Lines(Buffer.concat(writer.end()).toString(), 1)
  return { plan: request.tables[0]?.plan as PlanData, rules: () => readRuleLine(lines.next()), lines }
}

/** All that counts of a table that is to be committed. */
function content(table: TableDraft): unknown {
  return table.inOrder().map(({ name, policy, counting, slots }: ChainDraft) => ({
    name, policy, counting,
    slots: slots.map((slot) => ({
      was: (slot.origin as Held | undefined)?.place,
      rule: slot.given ? formatRule(slot.given) : undefined,
      jump: slot.jump,
      counting: slot.counting,
    })),
  }))
}

const OPTIONS = { keepBuiltIn: false, keepCounted: false }

type Op = (table: TableDraft) => void
const names = fc.constantFrom('INPUT', 'FORWARD', 'OUTPUT', 'a', 'b', 'c', 'd', 'e')
const rules = fc.constantFrom('-p tcp -m tcp --dport 1', '-p udp', '-j a', '-j b', '-j d', '-m mark --mark 0x5', '-m comment --comment "x y"').chain((text) =>
  fc.boolean().map((counted): RuleInput => (counted ? { ...parseRule(text), counters: { packets: 7, bytes: 8n } } : structuredClone(parseRule(text)))))
const numbers = fc.integer({ min: 1, max: 6 })
const ops = fc.oneof<fc.Arbitrary<Op>[]>(
  fc.tuple(names, rules).map(([name, rule]): Op => (table) => change.append(table, name, rule)),
  fc.tuple(names, rules, numbers).map(([name, rule, number]): Op => (table) => change.insert(table, name, rule, number)),
  fc.tuple(names, rules, numbers).map(([name, rule, number]): Op => (table) => change.replace(table, name, number, rule)),
  fc.tuple(names, fc.oneof(numbers, rules)).map(([name, which]): Op => (table) => change.remove(table, name, which)),
  fc.tuple(names, fc.array(rules, { maxLength: 5 })).map(([name, all]): Op => (table) => atOnce(change.replaceChain(table, name, all))),
  names.map((name): Op => (table) => change.newChain(table, name)),
  names.map((name): Op => (table) => change.deleteChain(table, name)),
  fc.tuple(names, names).map(([name, to]): Op => (table) => change.renameChain(table, name, to)),
  fc.option(names, { nil: undefined }).map((name): Op => (table) => change.flush(table, name)),
  fc.tuple(names, fc.option(numbers, { nil: undefined })).map(([name, number]): Op => (table) => change.zero(table, name, number)),
  fc.tuple(names, fc.constantFrom('ACCEPT' as const, 'DROP' as const)).map(([name, policy]): Op => (table) => change.setPolicy(table, name, policy, { packets: 1n, bytes: 2n })),
  fc.constant<Op>((table) => {
    change.flush(table)
    change.removeAllChains(table)
  }),
)

/** Makes changes; those that are refused are left out. */
function make(table: TableDraft, all: readonly Op[]): boolean[] {
  return all.map((op) => {
    try {
      op(table)
      return true
    } catch (error) {
      if (!InputError.is(error)) throw error
      return false
    }
  })
}

describe('a plan that travels', () => {
  test('makes of the table what it would be without travelling, whatever was planned', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(ops, { maxLength: 12 }), async (all) => {
        const here = tableOf()
        const remote = await remoteOf()
        expect(make(remote.draft, all)).toEqual(make(here, all))
        const there = tableOf()
        const { plan, rules, lines } = await sent(remote)
        const { added, deleted } = applyPlan(there, plan, rules, OPTIONS)
        expect(lines.left).toBe(false)
        expect(content(there)).toEqual(content(here))
        const slots = (table: TableDraft) => [...table.chains.values()].flatMap((chain) => chain.slots)
        expect(added).toBe(slots(here).filter(({ given }) => given).length)
        expect(deleted).toBe(slots(tableOf()).length - slots(here).filter(({ origin }) => origin).length)
        const places = (table: TableDraft) => [...table.released].flatMap(({ origin }) => (origin as Held | undefined)?.place ?? []).sort()
        expect(places(there)).toEqual([...new Set(places(here))])
      }),
      { numRuns: 400 },
    )
  })

  test('names what it changes, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(ops, { maxLength: 8 }), async (all) => {
        const remote = await remoteOf()
        make(remote.draft, all)
        const there = tableOf()
        const { plan, rules } = await sent(remote)
        const { chains } = applyPlan(there, plan, rules, OPTIONS)
        type Shown = { name: string }
        const shown = (table: TableDraft) => new Map((content(table) as Shown[]).map((chain) => [chain.name, JSON.stringify(chain, (key, value) => (typeof value === 'bigint' ? `${value}` : key === 'jump' ? undefined : value))]))
        const [before, after] = [shown(tableOf()), shown(there)]
        const changed = [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name))
        expect(chains).toEqual(expect.arrayContaining(changed))
        // A chain may have gone and come again, which is a change as well.
        for (const name of chains) if (!changed.includes(name)) expect([...plan.deleted, ...plan.chains.flatMap((chain) => [chain.name, chain.from])]).toContain(name)
      }),
      { numRuns: 200 },
    )
  })

  test('says little where little is changed', async () => {
    const remote = await remoteOf('chains')
    change.append(remote.draft, 'INPUT', parseRule('-p tcp'))
    change.insert(remote.draft, 'INPUT', parseRule('-p udp'))
    const { plan } = await sent(remote)
    expect(plan).toEqual({ chains: [{ name: 'INPUT', from: 'INPUT', policy: 'ACCEPT', counting: 'keep', slots: [1, 'unread', 1] }], deleted: [], released: [] })
    const there = tableOf()
    applyPlan(there, plan, () => parseRule('-p tcp'), OPTIONS)
    expect(there.chain('INPUT').slots.map(({ origin }) => (origin as Held | undefined)?.place)).toEqual([undefined, 'INPUT 0', 'INPUT 1', 'INPUT 2', 'INPUT 3', 'INPUT 4', undefined])
  })

  test('empties a chain that nobody has read', async () => {
    const remote = await remoteOf('chains')
    change.flush(remote.draft, 'INPUT')
    const there = tableOf()
    expect(applyPlan(there, (await sent(remote)).plan, () => ({}), OPTIONS)).toEqual({ chains: ['INPUT'], added: 0, deleted: 5 })
  })
})

describe('counters that are set to zero', () => {
  const zeroed = async (keepCounted: boolean, now: (index: number) => bigint) => {
    const remote = await remoteOf()
    change.zero(remote.draft, 'INPUT')
    const there = tableOf()
    for (const [i, slot] of there.chain('INPUT').slots.entries()) ((slot.origin as Held).rule as { counters: unknown }).counters = { packets: now(i), bytes: 0n }
    const { plan, rules } = await sent(remote)
    applyPlan(there, plan, rules, { keepBuiltIn: true, keepCounted })
    return there.chain('INPUT').slots.map(({ counting }) => counting)
  }

  test('keep what was counted since they were seen, where the backend does so', async () => {
    expect(await zeroed(true, (i) => BigInt(i) + (i === 2 ? 5n : 0n))).toEqual(['zero', 'zero', { packets: 5n, bytes: 0n }, 'zero', 'zero'])
    expect(await zeroed(false, (i) => BigInt(i) + 5n)).toEqual(Array(5).fill('zero'))
  })

  test('are zero when somebody else has set them to zero before', async () => {
    expect(await zeroed(true, () => 0n)).toEqual(Array(5).fill('zero'))
  })
})

describe('a plan that nobody could have made', () => {
  const INPUT = { name: 'INPUT', from: 'INPUT', policy: 'ACCEPT', counting: 'keep', slots: [[0, 5]] } as const
  const plan = (parts: Partial<PlanData>): PlanData => ({ chains: [], deleted: [], released: [], ...parts })
  test.each<[string, PlanData, RegExp]>([
    ['a chain that was not there', plan({ chains: [{ ...INPUT, from: 'none' }] }), /no chain 'none'/],
    ['a chain twice', plan({ chains: [INPUT, INPUT] }), /named twice/],
    ['a chain that is deleted and kept', plan({ chains: [{ ...INPUT, name: 'a', from: 'a', policy: undefined, slots: [] }], deleted: ['a'] }), /named twice/],
    ['the deletion of what is not there', plan({ deleted: ['none'] }), /no chain/],
    ['the deletion of a built-in chain', plan({ deleted: ['INPUT'] }), /built into/],
    ['a built-in chain by another name', plan({ chains: [{ ...INPUT, name: 'mine' }] }), /cannot be renamed/],
    ['a name that is taken', plan({ chains: [{ name: 'b', from: 'a', counting: 'keep', slots: [] }] }), /exists already/],
    ['a name that is taken by one that is built in', plan({ chains: [{ name: 'INPUT', counting: 'new', slots: [] }] }), /exists already/],
    ['a name with a blank', plan({ chains: [{ name: 'a b', counting: 'new', slots: [] }] }), /blank/],
    ['a name with a line break', plan({ chains: [{ name: 'a\n-A', counting: 'new', slots: [] }] }), /blank/],
    ['no name', plan({ chains: [{ name: '', counting: 'new', slots: [] }] }), /needs a name/],
    ['a name that is too long', plan({ chains: [{ name: 'é'.repeat(15), counting: 'new', slots: [] }] }), /too long/],
    ['a policy for a chain of the user', plan({ chains: [{ name: 'x', policy: 'DROP', counting: 'new', slots: [] }] }), /policy/],
    ['no policy for a built-in chain', plan({ chains: [{ ...INPUT, policy: undefined }] }), /policy/],
    ['more rules than there were', plan({ chains: [{ ...INPUT, slots: [[0, 6]] }] }), /no rule 6/],
    ['a rule that was not there', plan({ chains: [{ ...INPUT, slots: [{ keep: 5, counting: 'zero' }] }] }), /no rule 6/],
    ['a rule of a chain that is new', plan({ chains: [{ name: 'x', counting: 'new', slots: [[0, 1]] }] }), /no rule 1/],
    ['a rule twice', plan({ chains: [{ ...INPUT, slots: [[0, 2], [1, 1]] }] }), /twice/],
    ['a rule twice, once with other counters', plan({ chains: [{ ...INPUT, slots: [[0, 2], { keep: 1, counting: '5:6' }] }] }), /twice/],
    ['all rules twice', plan({ chains: [{ ...INPUT, slots: ['unread', 'unread'] }] }), /twice/],
    ['a new rule that has counted', plan({ chains: [{ ...INPUT, slots: [{ counting: 'keep' }] }] }), /counted nothing/],
    ['an old rule that begins anew', plan({ chains: [{ ...INPUT, slots: [{ keep: 0, counting: 'new' }] }] }), /from the beginning/],
    ['the release of a rule that is not there', plan({ released: [['INPUT', 4, 2]] }), /no rule 6/],
  ])('is refused: %s', (_, data, message) => {
    const error = thrownBy(() => applyPlan(tableOf(), data, () => ({}), { ...OPTIONS, keepBuiltIn: true }))
    expect([InputError.is(error), error.message]).toEqual([true, expect.stringMatching(message)])
  })

  test('is refused as one, or makes a table in which no rule stands twice, whatever it is', () => {
    const slot = fc.oneof(fc.constant('unread' as const), fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 5 })), fc.integer({ min: 1, max: 3 }), fc.record({ keep: fc.nat(5), counting: fc.constantFrom('zero' as const, 'keep' as const, '1:2' as const) }), fc.record({ counting: fc.constantFrom('new' as const, '3:4' as const) }))
    const name = fc.constantFrom('INPUT', 'a', 'b', 'c', 'x')
    const chain = fc.record({ name, from: name, policy: fc.constantFrom('ACCEPT' as const, 'DROP' as const), counting: fc.constantFrom('keep' as const, 'new' as const), slots: fc.array(slot, { maxLength: 4 }) }, { requiredKeys: ['name', 'counting', 'slots'] })
    fc.assert(
      fc.property(fc.record({ chains: fc.array(chain, { maxLength: 3 }), deleted: fc.array(name, { maxLength: 2 }), released: fc.array(fc.tuple(name, fc.nat(4), fc.integer({ min: 1, max: 3 })), { maxLength: 2 }) }), (data) => {
        const table = tableOf()
        try {
          applyPlan(table, data as PlanData, () => ({ protocol: 'tcp' }), { ...OPTIONS, keepBuiltIn: true })
        } catch (error) {
          expect(InputError.is(error)).toBe(true)
          return
        }
        const places = [...table.chains.values()].flatMap(({ slots }) => slots.flatMap(({ origin }) => (origin as Held | undefined)?.place ?? []))
        expect(new Set(places).size).toBe(places.length)
        for (const [key, { name }] of table.chains) expect(key).toBe(name)
        for (const built of ['INPUT', 'FORWARD', 'OUTPUT']) expect(table.chains.has(built)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('what a plan is made on', () => {
  const version = async (needs: Needs, table: TableDraft) => (await told(table, needs)).answer.version
  const changed = (edit: (table: TableDraft) => void) => {
    const table = tableOf()
    edit(table)
    return table
  }

  test('is the same as long as nothing is changed but counters', async () => {
    const same = changed((table) => {
      for (const slot of table.chain('INPUT').slots) ((slot.origin as Held).rule as { counters: unknown }).counters = { packets: 99n, bytes: 99n }
    })
    expect(await version('rules', same)).toEqual(await version('rules', tableOf()))
  })

  test.each<[string, Needs, (table: TableDraft) => void]>([
    ['a chain came', 'chains', (table) => change.newChain(table, 'x')],
    ['a chain went', 'chains', (table) => table.chains.delete('c')],
    ['a policy is another', 'chains', (table) => change.setPolicy(table, 'INPUT', 'DROP')],
    ['a name is another', 'chains', (table) => change.renameChain(table, 'c', 'x')],
    ['a rule came', { chain: 'INPUT' }, (table) => change.append(table, 'INPUT', parseRule('-p tcp'))],
    ['a rule went', { chain: 'INPUT' }, (table) => change.remove(table, 'INPUT', 5)],
    ['the order is another', { chain: 'INPUT' }, (table) => table.chain('INPUT').slots.reverse()],
    ['a rule leads elsewhere', { chain: 'INPUT' }, (table) => change.replace(table, 'INPUT', 2, parseRule('-j c'))],
    ['a rule of another chain is another', 'rules', (table) => change.remove(table, 'OUTPUT', 1)],
  ])('is another when %s', async (_, needs, edit) => {
    expect(await version(needs, changed(edit))).not.toEqual(await version(needs, tableOf()))
  })

  test('does not hang on what was not asked for', async () => {
    expect(await version({ chain: 'INPUT' }, changed((table) => change.remove(table, 'OUTPUT', 1)))).toEqual(await version({ chain: 'INPUT' }, tableOf()))
    expect(await version('chains', changed((table) => change.append(table, 'INPUT', parseRule('-p tcp'))))).toEqual(await version('chains', tableOf()))
  })

  test('is asked for piece by piece; a piece of another table is noticed', async () => {
    const remote = await remoteOf('chains')
    expect([remote.has('chains'), remote.has('rules'), remote.draft.chain('INPUT').slots]).toEqual([true, false, [UNREAD]])
    change.append(remote.draft, 'INPUT', parseRule('-p tcp'))
    change.renameChain(remote.draft, 'c', 'x')
    expect(remote.wanted({ chain: 'x' })).toEqual({ chain: 'c' })
    const part = await told(tableOf(), { chain: 'INPUT' })
    remote.load(part.answer, part.lines)
    expect([remote.has({ chain: 'INPUT' }), remote.has({ chain: 'none' }), remote.draft.chain('INPUT').slots.length]).toEqual([true, true, 6])
    const other = await told(changed((table) => change.remove(table, 'INPUT', 1)), 'rules')
    expect(thrownBy(() => remote.load(other.answer, other.lines))).toBeInstanceOf(Stale)
    const more = await told(changed((table) => change.newChain(table, 'y')), 'rules')
    expect(thrownBy(() => remote.load(more.answer, more.lines))).toBeInstanceOf(Stale)
    const rest = await told(tableOf(), 'rules')
    remote.load(rest.answer, rest.lines)
    expect([remote.has('rules'), remote.draft.chain('INPUT').slots.length, remote.draft.chain('x').slots.length]).toEqual([true, 6, 1])
  })
})

test('a chain may be called by a plan whatever it may be called without one', () => {
  for (const name of ['a\u00a0b', 'ACCEPT', 'é'.repeat(14)]) {
    const table = tableOf()
    applyPlan(table, { chains: [{ name, counting: 'new', slots: [] }], deleted: [], released: [] }, () => ({}), { ...OPTIONS, keepBuiltIn: true })
    expect(table.chains.has(name)).toBe(true)
  }
})
