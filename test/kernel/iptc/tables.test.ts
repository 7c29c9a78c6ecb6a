import { readdirSync } from 'node:fs'
import { inspect } from 'node:util'
import { Chain, isTable6Available, isTableAvailable, needXtables, Policy, Rule, Rule6, Table, Table6 } from '../../../src/iptc/index.js'
import { InputError } from '../../../src/netlink/index.js'
import { parseRule, type Xtables } from '../../../src/xtables/index.js'
import { emptyTables, refusal } from '../../support/iptc.js'
import { describeTables, FAMILIES, ownLock, rejection, send, start } from '../../support/xtables.js'

ownLock()

const comment = (name: string | number) => parseRule(`-m comment --comment ${name}`)
const line = (name: string | number, chain = 'INPUT') => `-A ${chain} -m comment --comment ${name}`
const BUILT_IN = { filter: ['INPUT', 'FORWARD', 'OUTPUT'], nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'], mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'], raw: ['PREROUTING', 'OUTPUT'], security: ['INPUT', 'FORWARD', 'OUTPUT'] }

describeTables('a table and its connection, %s', (tables) => {
  const { backend } = tables
  beforeEach(() => emptyTables(tables))

  /** How many descriptors of sockets this process has open. */
  const sockets = () => readdirSync('/proc/self/fd').length

  test('a name that is none is refused, and nothing is opened by a name that is one', () => {
    const before = sockets()
    for (const name of ['fitler', '', 'FILTER', 'toString', '__proto__']) expect(() => new Table(name)).toThrow(/there is no table '.*'; there are filter, nat, mangle, raw, security/)
    for (const name of Table.ALL) expect([new Table(name).name, new Table6(name, { autocommit: false }).family]).toEqual([name, 'ip6'])
    expect(sockets()).toBe(before)
  })

  test('its own is opened at first use, and closed by close()', async () => {
    const before = sockets()
    const table = new Table('filter', { backend })
    expect(sockets()).toBe(before)
    await table.chains
    expect(sockets()).toBeGreaterThan(before)
    await table.close()
    await table.close()
    expect(sockets()).toBe(before)
  })

  test('await using closes it, also when the block throws', async () => {
    const before = sockets()
    const block = async () => {
      await using table = new Table('filter', { backend })
      await new Chain(table, 'INPUT').appendRule(comment(1))
      throw new Error('of the block')
    }
    expect((await rejection(block())).message).toBe('of the block')
    expect(sockets()).toBe(before)
    expect(tables.savedRules('ip')).toEqual([line(1)])
  })

  test('closed, it forgets what waits, and may be used again', async () => {
    const before = sockets()
    const table = new Table('filter', { backend, autocommit: false })
    const chain = new Chain(table, 'INPUT')
    await chain.appendRule(comment('dropped'))
    void chain.appendRule(comment('dropped'))
    await table.close()
    expect(sockets()).toBe(before)
    expect(await chain.rules).toEqual([])
    await chain.appendRule(comment('kept'))
    await table.commit()
    await table.close()
    expect(sockets()).toBe(before)
    expect(tables.savedRules('ip')).toEqual([line('kept')])
  })

  test('closed while it opens, it is closed', async () => {
    const before = sockets()
    const table = new Table('filter', { backend })
    const looking = table.chains.catch((error: unknown) => error)
    await table.close()
    await looking
    await table.close()
    expect(sockets()).toBe(before)
  })

  test('closed while it is read, what was asked for before is refused, and nothing stays open', async () => {
    const before = sockets()
    const table = new Table('filter', { backend, autocommit: false })
    const looks = [table.chains, table.isChain('web'), table.getPolicy('INPUT')].map(refusal)
    await table.close()
    expect(await Promise.all(looks)).toEqual(looks.map(() => "table 'filter' was closed before it was read"))
    expect(sockets()).toBe(before)
    expect(await table.isChain('INPUT')).toBe(true)
    await table.close()
    expect(sockets()).toBe(before)
  })

  test('one that is lent is not closed', async () => {
    await using xt = await tables.open()
    {
      await using table = new Table('filter', { xt })
      await new Chain(table, 'INPUT').appendRule(comment(1))
    }
    expect(Object.keys(await xt.ip.read('filter'))).toEqual(['INPUT', 'FORWARD', 'OUTPUT'])
    await using again = new Table6('filter', { xt })
    expect(await again.connection()).toBe(xt)
    expect(await again.chains).toHaveLength(3)
  })

  test('one that was closed by its owner is refused', async () => {
    const xt = await tables.open()
    const table = new Table('filter', { xt })
    xt.close()
    expect(await refusal(table.chains)).toContain('closed')
    expect(await refusal(new Chain(table, 'INPUT').appendRule(comment(1)))).toContain('closed')
  })

  test('a thousand tables, used and closed, leave no descriptor behind', async () => {
    await new Table('filter', { backend }).close()
    const before = sockets()
    for (let i = 0; i < 1000; i++) {
      await using table = new (i % 2 ? Table : Table6)('filter', { backend, autocommit: i % 3 === 0 })
      if (i % 10 === 0) await table.chains
      else await table.connection()
    }
    expect(sockets()).toBe(before)
  })

  test('a thousand tables on a lent connection open nothing', async () => {
    await using xt = await tables.open()
    await xt.ip.read('filter')
    const before = sockets()
    for (let i = 0; i < 1000; i++) await new Table('filter', { xt }).isChain('INPUT')
    expect(sockets()).toBe(before)
  })

  test('a backend that is none, and a namespace that is missing, reject at first use and at the next', async () => {
    const none = new Table('filter', { backend: 'nope' as 'nft' })
    for (let i = 0; i < 2; i++) expect(await refusal(none.chains)).toContain("no backend 'nope'")
    const gone = new Table('filter', { backend, netns: '/run/netns/there-is-none', autocommit: false })
    for (let i = 0; i < 2; i++) expect((await rejection(new Chain(gone, 'INPUT').appendRule(comment(1)))).message).toContain('there-is-none')
    await gone.close()
  })

  test('needXtables lends what it is given, or opens and closes', async () => {
    const before = sockets()
    const inner = needXtables(async (xt) => xt)
    const outer = needXtables(async (xt, name: string) => [(await inner({ xt })) === xt, await new Table(name, { xt }).isChain('INPUT')])
    expect(await outer({ backend }, 'filter')).toEqual([true, true])
    await using xt = await tables.open()
    expect(await outer({ xt }, 'filter')).toEqual([true, true])
    expect(await rejection(needXtables(async () => Promise.reject(new Error('of the helper')))({ backend }))).toMatchObject({ message: 'of the helper' })
    xt.close()
    expect(sockets()).toBe(before)
  })

  test('isTableAvailable asks each time', async () => {
    for (const name of Table.ALL) expect([await isTableAvailable(name, { backend }), await isTable6Available(name, { backend })]).toEqual([true, true])
    for (const name of ['nope', '', 'constructor']) expect([await isTableAvailable(name, { backend }), await isTable6Available(name, { backend })]).toEqual([false, false])
  })
})

describeTables('what a table does, %s', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    let xt: Xtables
    const of = (name: string, autocommit = true) => new (family === 'ip' ? Table : Table6)(name, { xt, autocommit })
    const saved = () => tables.savedRules(family)
    beforeAll(async () => {
      start('ip', ['link', 'set', 'lo', 'up'])
      xt = await tables.open()
    })
    afterAll(() => xt.close())
    beforeEach(() => emptyTables(tables))

    test.each(Object.entries(BUILT_IN))('the chains of %s', async (name, chains) => {
      const table = of(name)
      await table.createChain('web')
      expect((await table.chains).map(String)).toEqual([...chains, 'web'])
      expect(chains.every((chain) => table.builtinChain(chain) && new Chain(table, chain).isBuiltin())).toBe(true)
      expect([table.builtinChain('web'), table.builtinChain('nope'), table.builtinChain('constructor')]).toEqual([false, false, false])
      expect([await table.isChain('web'), await table.isChain(new Chain(table, 'INPUTS')), await table.isChain('toString')]).toEqual([true, false, false])
    })

    test('a chain is one object as long as it is used, and only within its table object', async () => {
      const table = of('filter')
      const chain = await table.createChain('web')
      expect(new Chain(table, 'web')).toBe(chain)
      expect((await table.chains).at(-1)).toBe(chain)
      expect(new Chain(of('filter'), 'web')).not.toBe(chain)
      expect([String(chain), inspect(chain), inspect(table)]).toEqual(['web', `<Chain ${family} filter web>`, `<${family === 'ip' ? 'Table' : 'Table6'} filter>`])
      expect(() => new Chain(table, '')).toThrow(InputError)
    })

    test.each([true, false])('chains are made, renamed, emptied and deleted (autocommit %s)', async (autocommit) => {
      const table = of('filter', autocommit)
      const web = await table.createChain('web')
      await web.appendRule(comment(1))
      await new Chain(table, 'INPUT').appendRule(parseRule('-j web'))
      await new Chain(table, 'INPUT').appendRule(parseRule('-g web'))
      await web.rename('net')
      expect([web.name, String(web), await table.isChain('web'), await table.isChain('net')]).toEqual(['net', 'net', false, true])
      expect(new Chain(table, 'net')).toBe(web)
      expect((await web.rules).map(String)).toEqual(['-m comment --comment 1'])
      await table.commit()
      expect(saved()).toEqual(['-A INPUT -j net', '-A INPUT -g net', line(1, 'net')])
      expect(await refusal(web.delete())).toContain('net')
      expect(await refusal(web.rename('INPUT'))).toContain('exists already')
      expect(web.name).toBe('net')
      expect(await refusal(table.renameChain('nope', 'x'))).toContain("no chain 'nope'")
      await new Chain(table, 'INPUT').flush()
      await web.flush()
      await web.delete()
      await table.commit()
      expect(tables.saved(family)).toEqual(BUILT_IN.filter.map((chain) => `:${chain} ACCEPT [0:0]`))
    })

    test('names that no chain has', async () => {
      const table = of('filter')
      for (const name of ['-x', '!x', 'a b', 'x'.repeat(29), 'ACCEPT', 'LOG']) expect(await refusal(table.createChain(name))).toContain('chain name')
      await table.createChain('x'.repeat(28))
    })

    test('flush() takes everything but policies, jumps in a circle too', async () => {
      const table = of('filter')
      for (const name of ['a', 'b', 'c']) await table.createChain(name)
      for (const [from, to] of [['a', 'b'], ['b', 'c'], ['INPUT', 'a']]) await new Chain(table, from as string).appendRule(parseRule(`-j ${to}`))
      await table.setPolicy('FORWARD', 'DROP')
      await table.flush()
      expect(tables.saved(family)).toEqual([':INPUT ACCEPT [0:0]', ':FORWARD DROP [0:0]', ':OUTPUT ACCEPT [0:0]'])
    })

    test('policies are interned objects, with counters', async () => {
      const table = of('filter')
      const chain = new Chain(table, 'FORWARD')
      expect(await chain.getPolicy()).toBe(new Policy('ACCEPT'))
      await chain.setPolicy(new Policy('DROP'), [7, '900'])
      expect(await table.getPolicy(chain)).toEqual([new Policy('DROP'), [7n, 900n]])
      expect(await chain.getCounters()).toEqual([7n, 900n])
      expect(tables.saved(family)).toContain(':FORWARD DROP [7:900]')
      await chain.setPolicy('ACCEPT')
      expect(await chain.getCounters()).toEqual([7n, 900n])
      await chain.zeroCounters()
      expect(await chain.getCounters()).toEqual([0n, 0n])
      const web = await table.createChain('web')
      expect([await web.getPolicy(), await web.getCounters(), await table.getPolicy('web')]).toEqual([undefined, undefined, [undefined, undefined]])
      for (const policy of ['QUEUE', 'RETURN', 'drop', 'nope']) expect(await refusal(chain.setPolicy(policy))).toContain('policy')
      expect(await refusal(web.setPolicy('DROP'))).toContain('web')
      expect(await refusal(Promise.resolve().then(() => chain.setPolicy('DROP', [1, -1])))).toContain('count')
      expect(() => new Policy('drop')).toThrow(InputError)
    })

    test('packets are counted, by rules and by policies, and zeroed', async () => {
      const table = of('filter')
      const chain = new Chain(table, 'OUTPUT')
      await chain.appendRule(parseRule('-p udp -m udp --dport 4711', { family }))
      const bytes = BigInt(await send(family, 4711, 3))
      expect((await chain.rules)[0]?.counters).toEqual([3n, bytes])
      // iptables-nft, too, lets a policy count from the time on when its counters are set.
      if (tables.backend === 'nft') expect(await chain.getCounters()).toEqual([0n, 0n])
      else expect((await chain.getCounters())?.[0]).toBeGreaterThanOrEqual(3n)
      await chain.zeroCounters()
      expect([(await chain.rules)[0]?.counters, await chain.getCounters()]).toEqual([[0n, 0n], [0n, 0n]])
      await send(family, 4711, 2)
      await table.zeroEntries()
      expect((await chain.rules)[0]?.getCounters()).toEqual([0n, 0n])
      const rule = (await chain.rules)[0] as Rule
      rule.setCounters([5, 6])
      await chain.replaceRule(rule)
      expect((await chain.rules)[0]?.counters).toEqual([5n, 6n])
    })

    test('positions count from 0', async () => {
      const chain = new Chain(of('filter'), 'INPUT')
      for (const name of ['a', 'b', 'c']) await chain.insertRule(comment(name))
      await chain.insertRule(comment('X'), 1)
      await chain.insertRule(comment('Y'), 4)
      await chain.replaceRule(comment('Z'), 3)
      expect(saved()).toEqual(['c', 'X', 'b', 'Z', 'Y'].map((name) => line(name)))
      for (const position of [6, -1, 0.5, Number.NaN]) expect(await refusal(chain.insertRule(comment('x'), position))).toMatch(/number|position/)
      for (const position of [5, -1]) expect(await refusal(chain.replaceRule(comment('x'), position))).toMatch(/number|position/)
      expect(saved()).toHaveLength(5)
    })

    test('a rule of the other family is refused', async () => {
      const chain = new Chain(of('filter'), 'INPUT')
      const wrong = family === 'ip' ? new Rule6() : new Rule()
      for (const change of [() => chain.appendRule(wrong), () => chain.insertRule(wrong), () => chain.replaceRule(wrong), () => chain.deleteRule(wrong)]) expect(await refusal(change())).toContain('the rule is for')
    })

    test('bytes of rules are put in, read one by one, and taken out', async () => {
      const table = of('filter')
      const entry = (name: string) => {
        const rule = table.createRule()
        rule.createMatch('comment', { comment: name })
        rule.createTarget('ACCEPT')
        return rule.rule as Buffer
      }
      await table.appendEntry('INPUT', entry('b'))
      await table.insertEntry('INPUT', entry('a'))
      await table.insertEntry('INPUT', entry('c'), 2)
      await table.replaceEntry('INPUT', entry('X'), 1)
      await table.deleteEntry(new Chain(table, 'INPUT'), entry('c'))
      expect(saved()).toEqual(['a', 'X'].map((name) => `${line(name)} -j ACCEPT`))
      expect(await refusal(table.deleteEntry('INPUT', entry('c')))).toContain('says the same')
      const texts: string[] = []
      for (let rule = await table.firstRule('INPUT'); rule; rule = table.nextRule(rule)) {
        texts.push(String(rule))
        expect(table.getTarget(rule)).toBe('ACCEPT')
        expect(String(table.createRule(rule.rule))).toBe(String(rule))
      }
      expect(texts).toEqual(['a', 'X'].map((name) => `-m comment --comment ${name} -j ACCEPT`))
      expect(await table.firstRule('OUTPUT')).toBeUndefined()
      expect(() => table.nextRule(table.createRule())).toThrow(InputError)
      expect((await rejection(Promise.resolve().then(() => table.appendEntry('INPUT', Buffer.alloc(7))))).name).toMatch(/^(Protocol|Input)Error$/)
    })

    test('a chain that is missing', async () => {
      const table = of('filter')
      const nope = new Chain(table, 'nope')
      for (const call of [() => nope.rules, () => nope.flush(), () => nope.delete(), () => nope.rename('x'), () => nope.zeroCounters(), () => nope.getPolicy(), () => nope.getCounters(), () => nope.appendRule(comment(1)), () => nope.insertRule(comment(1)), () => nope.replaceRule(comment(1)), () => nope.deleteRule(comment(1)), () => table.firstRule('nope')]) {
        expect(await refusal(call())).toContain("there is no chain 'nope' in table 'filter'")
      }
    })
  })
})
