import type { RuleDictionary, TableDictionary } from '../../../src/iptc/index.js'
import { describeEasy, note, refusal } from '../../support/iptc.js'
import { ownLock } from '../../support/xtables.js'

ownLock()

const TABLES = ['filter', 'nat', 'mangle', 'raw', 'security']
const ADDRESS = { ip: '10.1.2.0/24', ip6: '2001:db8::/64' } as const

describeEasy('rules in single calls', ({ tables, family, options, on }) => {
  /** The comments of a chain's rules in order, as the C tool has them. */
  const comments = (chain = 'INPUT') =>
    tables.savedRules(family).filter((line) => line.startsWith(`-A ${chain} `)).map((line) => /--comment (\S+)/.exec(line)?.[1])
  const fill = async (...names: string[]) => {
    for (const name of names) await on().addRule('filter', 'INPUT', note(name), options)
  }

  test('addRule appends at 0 and without a position', async () => {
    await fill('a', 'b')
    await on().addRule('filter', 'INPUT', note('c'), { ...options, position: 0 })
    expect(comments()).toEqual(['a', 'b', 'c'])
  })

  test.each([[1, 'Xabc'], [2, 'aXbc'], [3, 'abXc'], [4, 'abcX'], [-1, 'abXc'], [-2, 'aXbc'], [-3, 'Xabc'], [-4, 'Xabc'], [-99, 'Xabc']])('addRule at %i of three gives %s', async (position, after) => {
    await fill('a', 'b', 'c')
    await on().addRule('filter', 'INPUT', note('X'), { ...options, position })
    expect(comments().join('')).toBe(after)
  })

  test.each([1, -1, -7])('addRule at %i of none is the first', async (position) => {
    await on().addRule('filter', 'INPUT', note('X'), { ...options, position })
    expect(comments()).toEqual(['X'])
  })

  test.each([5, 99, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('addRule at %d of three is refused, and nothing changes', async (position) => {
    await fill('a', 'b', 'c')
    expect(await refusal(on().addRule('filter', 'INPUT', note('X'), { ...options, position }))).toMatch(/position|number/)
    expect(comments()).toEqual(['a', 'b', 'c'])
  })

  test('insertRule puts it first', async () => {
    await fill('a', 'b')
    await on().insertRule('filter', 'INPUT', note('X'), options)
    expect(comments()).toEqual(['X', 'a', 'b'])
  })

  test('deleteRule takes the first that says the same, counters aside', async () => {
    await fill('a', 'b', 'a')
    await on().deleteRule('filter', 'INPUT', { ...note('a'), counters: [7, 8] }, options)
    expect(comments()).toEqual(['b', 'a'])
  })

  test('deleteRule of a rule that is not there rejects, or not with raiseExc false', async () => {
    await fill('a')
    expect(await refusal(on().deleteRule('filter', 'INPUT', note('b'), options))).toContain('no rule in filter INPUT says the same')
    expect(await on().deleteRule('filter', 'INPUT', note('b'), { ...options, raiseExc: false })).toBeUndefined()
    expect(comments()).toEqual(['a'])
  })

  test('replaceRule puts one in the place of another, and rejects where that is missing', async () => {
    await fill('a', 'b', 'c')
    await on().replaceRule('filter', 'INPUT', note('b'), note('X'), options)
    expect(comments()).toEqual(['a', 'X', 'c'])
    expect(await refusal(on().replaceRule('filter', 'INPUT', note('b'), note('Y'), options))).toContain('says the same')
    expect(comments()).toEqual(['a', 'X', 'c'])
  })

  test('hasRule and getRulePosition find it, counted from 0', async () => {
    await fill('a', 'b', 'c', 'b')
    expect(await on().hasRule('filter', 'INPUT', note('c'), options)).toBe(true)
    expect(await on().hasRule('filter', 'INPUT', note('d'), options)).toBe(false)
    expect(await on().hasRule('filter', 'OUTPUT', note('c'), options)).toBe(false)
    expect(await Promise.all(['a', 'b', 'c'].map((name) => on().getRulePosition('filter', 'INPUT', note(name), options)))).toEqual([0, 1, 2])
    expect(await refusal(on().getRulePosition('filter', 'INPUT', note('d'), options))).toContain('says the same')
  })

  test('getRule gives all, or one by its place from either end', async () => {
    await fill('a', 'b', 'c')
    const at = async (position?: number) => (await on().getRule('filter', 'INPUT', position === undefined ? options : { ...options, position })) as RuleDictionary | RuleDictionary[]
    const all = [1, 2, 3].map((i) => ({ ...note('_abc'[i] as string), counters: [0, 0] }))
    expect([await at(), await at(0)]).toEqual([all, all])
    expect([await at(1), await at(2), await at(3)]).toEqual(all)
    expect([await at(-3), await at(-2), await at(-1)]).toEqual(all)
    for (const position of [4, -4, 100]) expect(await refusal(at(position))).toBe(`there is no rule ${position} in filter INPUT, which has 3`)
    for (const position of [1.5, 0.5, Number.NaN]) expect(await refusal(at(position))).toContain('is no position')
    expect(await on().getRule('filter', 'INPUT', { ...options, position: 4, raiseExc: false })).toBeUndefined()
    expect(await on().getRule('filter', 'OUTPUT', options)).toEqual([])
  })

  test('counters come with the dictionary, are read back, and are set to zero', async () => {
    const rule = { ...note('a'), counters: [12345678901, 987654321012345] as const }
    await on().addRule('filter', 'INPUT', rule, options)
    await on().addRule('filter', 'OUTPUT', { ...note('b'), counters: ['1', 2n] }, options)
    expect(tables.saved(family)).toContain('[12345678901:987654321012345] -A INPUT -m comment --comment a')
    expect(await on().getRuleCounters('filter', 'INPUT', note('a'), options)).toEqual([12345678901, 987654321012345])
    expect(await on().getRule('filter', 'INPUT', { ...options, position: 1 })).toEqual(rule)
    expect(await refusal(on().getRuleCounters('filter', 'INPUT', note('b'), options))).toContain('says the same')
    await on().zeroChain('filter', 'INPUT', options)
    expect(await on().getRuleCounters('filter', 'INPUT', note('a'), options)).toEqual([0, 0])
    expect(await on().getRuleCounters('filter', 'OUTPUT', note('b'), options)).toEqual([1, 2])
    await on().zeroTable('filter', options)
    expect(await on().getRuleCounters('filter', 'OUTPUT', note('b'), options)).toEqual([0, 0])
  })

  test('counters beyond 2^53 are decimal text, to the last packet', async () => {
    await on().addRule('filter', 'INPUT', { ...note('a'), counters: ['9007199254740993', 18446744073709551615n] }, options)
    expect(await on().getRuleCounters('filter', 'INPUT', note('a'), options)).toEqual(['9007199254740993', '18446744073709551615'])
  })

  test('encodeIptcRule and decodeIptcRule are each other\'s reverse', async () => {
    const rule: RuleDictionary = { src: ADDRESS[family], protocol: 'tcp', tcp: { dport: '22' }, target: { REJECT: { 'reject-with': 'tcp-reset' } }, counters: [1, 2] }
    const made = on().encodeIptcRule(rule, options)
    expect([made.family, String(made)]).toEqual([family, `-s ${ADDRESS[family]} -p tcp -m tcp --dport 22 -j REJECT --reject-with tcp-reset`])
    expect(on().decodeIptcRule(made)).toEqual(rule)
  })

  test('a dictionary may be used again, and changed, behind the call', async () => {
    const rule = { protocol: 'tcp', tcp: { dport: '0' } }
    const calls: Promise<void>[] = []
    await on().batchBegin('filter', options)
    for (const port of ['1', '2', '3']) {
      rule.tcp.dport = port
      calls.push(on().addRule('filter', 'INPUT', rule, options))
    }
    await Promise.all(calls)
    rule.tcp.dport = '4'
    await on().batchEnd('filter', options)
    expect(tables.savedRules(family)).toEqual(['1', '2', '3'].map((port) => `-A INPUT -p tcp -m tcp --dport ${port}`))
  })
})

describeEasy('chains and tables in single calls', ({ tables, family, options, on }) => {
  test('getTables names them all', async () => {
    expect(await on().getTables(options)).toEqual(TABLES)
  })

  test('addChain makes a chain, and says so where there is one', async () => {
    expect(await on().addChain('filter', 'web', options)).toBe(true)
    expect(await on().hasChain('filter', 'web', options)).toBe(true)
    expect(await on().hasChain('filter', 'wab', options)).toBe(false)
    expect(await on().hasChain('nat', 'web', options)).toBe(false)
    expect(await refusal(on().addChain('filter', 'web', options))).toContain("chain 'web' exists already")
    expect(await on().addChain('filter', 'web', { ...options, raiseExc: false })).toBe(false)
    expect(await on().getChains('filter', options)).toEqual(['INPUT', 'FORWARD', 'OUTPUT', 'web'])
  })

  test('deleteChain: an empty one, one in use not, one with rules with flush', async () => {
    for (const name of ['a', 'b', 'c']) await on().addChain('filter', name, options)
    await on().addRule('filter', 'b', note('in it'), options)
    await on().addRule('filter', 'INPUT', { target: 'c' }, options)
    await on().deleteChain('filter', 'a', options)
    for (const [name, flush] of [['a', false], ['b', false], ['c', false], ['c', true], ['INPUT', true]] as const) {
      expect(await refusal(on().deleteChain('filter', name, { ...options, flush }))).toContain(name)
      expect(await on().deleteChain('filter', name, { ...options, flush, raiseExc: false })).toBeUndefined()
    }
    await on().deleteChain('filter', 'b', { ...options, flush: true })
    expect(await on().getChains('filter', options)).toEqual(['INPUT', 'FORWARD', 'OUTPUT', 'c'])
  })

  test('flushChain, flushTable and flushAll take rules and chains away, policies stay', async () => {
    for (const table of TABLES) {
      await on().batchAddChains(table, ['one', 'two'], options)
      await on().addRule(table, 'one', { target: 'two' }, options)
      await on().addRule(table, 'two', note('x'), options)
      await on().addRule(table, 'OUTPUT', { target: { goto: 'one' } }, options)
    }
    await on().setPolicy('filter', 'FORWARD', 'DROP', options)
    await on().flushChain('filter', 'two', options)
    expect(await on().dumpChain('filter', 'two', options)).toEqual([])
    expect(await on().dumpChain('filter', 'one', options)).toHaveLength(1)
    await on().flushTable('filter', options)
    expect(await on().dumpTable('filter', options)).toEqual({ INPUT: [], FORWARD: [], OUTPUT: [] })
    expect(Object.keys(await on().dumpTable('nat', options))).toContain('one')
    await on().flushAll(options)
    for (const [table, chains] of Object.entries(await on().dumpAll(options))) {
      expect([table, Object.values(chains).flat(), Object.keys(chains).filter((name) => name === 'one')]).toEqual([table, [], []])
    }
    expect(await on().getPolicy('filter', 'FORWARD', options)).toBe('DROP')
    expect(await refusal(on().flushChain('filter', 'nope', options))).toContain("no chain 'nope'")
    expect(await on().flushChain('filter', 'nope', { ...options, raiseExc: false })).toBeUndefined()
    expect(await on().flushTable('fitler', { ...options, raiseExc: false })).toBeUndefined()
  })

  test('the other family is left alone', async () => {
    const other = { ipv6: !options.ipv6 }
    await on().addRule('filter', 'INPUT', note('theirs'), other)
    await on().addRule('filter', 'INPUT', note('ours'), options)
    expect(await on().hasRule('filter', 'INPUT', note('theirs'), options)).toBe(false)
    await on().flushAll(options)
    expect(await on().dumpChain('filter', 'INPUT', other)).toHaveLength(1)
  })

  test('policies are read and set', async () => {
    expect(await on().getPolicy('filter', 'INPUT', options)).toBe('ACCEPT')
    await on().setPolicy('filter', 'INPUT', 'DROP', options)
    expect(await on().getPolicy('filter', 'INPUT', options)).toBe('DROP')
    await on().setPolicy('filter', 'INPUT', undefined, options)
    expect(await on().getPolicy('filter', 'INPUT', options)).toBe('ACCEPT')
    await on().addChain('filter', 'web', options)
    expect(await on().getPolicy('filter', 'web', options)).toBeUndefined()
    expect(await refusal(on().setPolicy('filter', 'web', 'DROP', options))).toContain('web')
    for (const policy of ['REJECT', 'drop', '']) expect(await refusal(on().setPolicy('filter', 'INPUT', policy, options))).toContain('policy')
    expect(await refusal(on().getPolicy('filter', 'nope', options))).toContain("no chain 'nope'")
  })

  test('zeroAll sets all counters of all tables to zero', async () => {
    for (const table of TABLES) await on().addRule(table, 'OUTPUT', { ...note(table), counters: [1, 2] }, options)
    await on().zeroAll(options)
    for (const table of TABLES) expect(await on().getRuleCounters(table, 'OUTPUT', note(table), options)).toEqual([0, 0])
  })

  test('dumpAll, dumpTable and dumpChain say what is there, and change nothing', async () => {
    const rule: RuleDictionary = { src: ADDRESS[family], 'in-interface': '!eth+', protocol: '!udp', target: { goto: 'web' }, counters: [3, 4] }
    await on().addChain('mangle', 'web', options)
    await on().addRule('mangle', 'INPUT', rule, options)
    const before = tables.saved(family, 'mangle')
    expect(await on().dumpChain('mangle', 'INPUT', options)).toEqual([rule])
    const table: TableDictionary = { PREROUTING: [], INPUT: [rule], FORWARD: [], OUTPUT: [], POSTROUTING: [], web: [] }
    expect(await on().dumpTable('mangle', options)).toEqual(table)
    const all = await on().dumpAll(options)
    expect(Object.keys(all)).toEqual(TABLES)
    expect(all.mangle).toEqual(table)
    expect(tables.saved(family, 'mangle')).toEqual(before)
    expect(await refusal(on().dumpChain('mangle', 'nope', options))).toContain("no chain 'nope'")
  })

  test('a table loads again from its dump', async () => {
    await on().batchAddChains('filter', ['a', 'b'], options)
    await on().batchAddRules('filter', [['INPUT', { target: 'a' }], ['a', { target: { goto: 'b' } }], ['b', { protocol: 'tcp', tcp: [{ dport: '1' }, { sport: ['!', '2'] }], target: 'DROP', counters: [1, 2] }]], options)
    const before = tables.saved(family)
    const dump = JSON.parse(JSON.stringify(await on().dumpTable('filter', options))) as TableDictionary
    await on().flushTable('filter', options)
    await on().batchBegin('filter', options)
    await on().batchAddChains('filter', Object.keys(dump), options)
    for (const [chain, rules] of Object.entries(dump)) await on().batchAddRules('filter', rules.map((rule) => [chain, rule] as const), options)
    await on().batchEnd('filter', options)
    expect(tables.saved(family)).toEqual(before)
  })
})
