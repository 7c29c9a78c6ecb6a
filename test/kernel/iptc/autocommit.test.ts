import { Chain, Rule, Rule6, Table, Table6 } from '../../../src/iptc/index.js'
import { commitLedgers, Ledger } from '../../../src/iptc/ledger.js'
import { InputError, KernelError } from '../../../src/netlink/index.js'
import { ConflictError, parseRule, type Table as TableContent, type Xtables } from '../../../src/xtables/index.js'
import { emptyTables, refusal } from '../../support/iptc.js'
import { Log } from '../../support/monitor.js'
import { describeNft, describeTables, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()

const comment = (name: string | number) => parseRule(`-m comment --comment ${name}`)
const line = (name: string | number, chain = 'INPUT') => `-A ${chain} -m comment --comment ${name}`

describeTables('each change is committed at once, %s', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    const open = (autocommit?: boolean) => new (family === 'ip' ? Table : Table6)('filter', { backend: tables.backend, autocommit })
    const saved = () => tables.savedRules(family)
    beforeEach(() => emptyTables(tables))

    test('unless asked otherwise', async () => {
      await using table = open()
      expect(table.autocommit).toBe(true)
      const chain = new Chain(table, 'INPUT')
      await chain.appendRule(comment(1))
      expect(saved()).toEqual([line(1)])
      await chain.insertRule(comment(0))
      expect(saved()).toEqual([line(0), line(1)])
      await chain.replaceRule(comment('x'), 1)
      expect(saved()).toEqual([line(0), line('x')])
      await chain.deleteRule(comment(0))
      expect(saved()).toEqual([line('x')])
      await (await table.createChain('web')).appendRule(comment('w'))
      await table.setPolicy('FORWARD', 'DROP')
      expect(tables.saved(family)).toEqual([':INPUT ACCEPT [0:0]', ':FORWARD DROP [0:0]', ':OUTPUT ACCEPT [0:0]', ':web - [0:0]', `[0:0] ${line('x')}`, `[0:0] ${line('w', 'web')}`])
      await table.flush()
      expect(tables.saved(family)).toEqual([':INPUT ACCEPT [0:0]', ':FORWARD DROP [0:0]', ':OUTPUT ACCEPT [0:0]'])
    })

    test('and throws what the kernel says; the next change goes on', async () => {
      await using table = open()
      const chain = new Chain(table, 'INPUT')
      expect(table.strerror()).toBe('')
      const error = await rejection(chain.appendRule(parseRule('-m tcp --dport 22')))
      expect(error).toBeInstanceOf(KernelError)
      expect(table.strerror()).toBe(error.message)
      expect(await refusal(chain.deleteRule(comment('nope')))).toContain('says the same')
      expect(await refusal(chain.insertRule(comment('x'), 1))).toContain('number')
      expect(await refusal(chain.insertRule(comment('x'), -1))).toContain('they count from 0')
      expect(await refusal(table.createChain('INPUT'))).toContain('exists already')
      expect(await refusal(chain.appendRule(parseRule('-j nope')))).toContain("no chain 'nope'")
      await chain.appendRule(comment(1))
      expect(saved()).toEqual([line(1)])
    })

    test('and sees at once what others do', async () => {
      await using table = open()
      const chain = new Chain(table, 'INPUT')
      expect(await chain.rules).toEqual([])
      tables.tool(family, '-A', 'INPUT', '-m', 'comment', '--comment', 'theirs')
      expect((await chain.rules).map(String)).toEqual(['-m comment --comment theirs'])
      await chain.appendRule(comment('ours'))
      expect(saved()).toEqual([line('theirs'), line('ours')])
    })

    test('switched off, changes wait; switched on, what waits waits on', async () => {
      await using table = open()
      const chain = new Chain(table, 'INPUT')
      table.autocommit = false
      await chain.appendRule(comment('waits'))
      expect(saved()).toEqual([])
      table.autocommit = true
      await table.setPolicy('FORWARD', 'DROP')
      expect(tables.saved(family)).toContain(':FORWARD DROP [0:0]')
      expect(saved()).toEqual([])
      expect((await chain.rules).map(String)).toEqual(['-m comment --comment waits'])
      await table.commit()
      expect(saved()).toEqual([line('waits')])
    })

    test('true and false alone stand for the option', () => {
      expect([new Table('filter', false).autocommit, new Table('filter', true).autocommit, new Table('filter').autocommit]).toEqual([false, true, true])
    })
  })
})

describeTables('changes wait for commit(), %s', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    let xt: Xtables
    let table: Table
    let chain: Chain
    const saved = () => tables.savedRules(family)
    const theirs = (...args: string[]) => tables.tool(family, ...args)
    beforeAll(async () => {
      xt = await tables.open()
    })
    afterAll(() => xt.close())
    beforeEach(() => {
      emptyTables(tables)
      table = new (family === 'ip' ? Table : Table6)('filter', { xt, autocommit: false })
      chain = new Chain(table, 'INPUT')
    })

    test('which makes all of them, and may be called again', async () => {
      for (let i = 0; i < 3; i++) await chain.appendRule(comment(i))
      await (await table.createChain('web')).appendRule(comment('w'))
      expect(saved()).toEqual([])
      expect((await table.chains).map(String)).toEqual(['INPUT', 'FORWARD', 'OUTPUT', 'web'])
      expect(await chain.rules).toHaveLength(3)
      await table.commit()
      await table.commit()
      expect(saved()).toEqual([line(0), line(1), line(2), line('w', 'web')])
      await chain.deleteRule(comment(1))
      await table.commit()
      expect(saved()).toEqual([line(0), line(2), line('w', 'web')])
    })

    test('one bad rule among 100 and nothing has changed', async () => {
      await chain.appendRule(comment('old'))
      await table.commit()
      for (let i = 0; i < 50; i++) await chain.appendRule(comment(i))
      await chain.deleteRule(comment('old'))
      await chain.appendRule(parseRule('-m tcp --dport 22'))
      for (let i = 50; i < 100; i++) await chain.insertRule(comment(i))
      const error = await rejection(table.commit())
      expect(error).toBeInstanceOf(KernelError)
      expect(error.message).toContain('filter INPUT rule 101 (-m tcp --dport 22)')
      expect(table.strerror()).toBe(error.message)
      expect(saved()).toEqual([line('old')])
      // They wait still, until they are dropped.
      expect(await rejection(table.commit())).toBeInstanceOf(KernelError)
      await table.refresh()
      await chain.appendRule(comment('new'))
      await table.commit()
      expect(saved()).toEqual([line('old'), line('new')])
    })

    test('refresh() drops them', async () => {
      await chain.appendRule(comment('dropped'))
      await table.createChain('dropped')
      await table.refresh()
      expect(await chain.rules).toEqual([])
      expect(await table.isChain('dropped')).toBe(false)
      await table.commit()
      expect(saved()).toEqual([])
    })

    test('refresh() drops also what nobody has awaited', async () => {
      void chain.appendRule(comment('dropped'))
      void chain.deleteRule(comment('nope'))
      await table.refresh()
      void chain.appendRule(comment('kept'))
      await table.commit()
      expect(saved()).toEqual([line('kept')])
    })

    test('a change that cannot be made is no part of it, and hinders none of the others', async () => {
      await chain.appendRule(comment(1))
      expect(await refusal(chain.deleteRule(comment('nope')))).toContain('says the same')
      expect(await refusal(table.deleteChain('nope'))).toContain('nope')
      expect(await refusal(table.renameChain('INPUT', 'x'))).toContain('INPUT')
      expect(await refusal(chain.replaceRule(comment('x'), 5))).toContain('number')
      await chain.appendRule(comment(2))
      await table.commit()
      expect(saved()).toEqual([line(1), line(2)])
    })

    test.each<[string, () => unknown]>([
      ['a rule deleted', () => chain.deleteRule(comment('nope'))],
      ['a rule inserted', () => chain.insertRule(comment('x'), 7)],
      ['a chain made', () => table.createChain('INPUT')],
      ['a chain deleted', () => chain.delete()],
      ['a chain renamed', () => chain.rename('x')],
      ['a policy set', () => chain.setPolicy('QUEUE')],
    ])('what fails and nobody awaits is thrown by commit(), and nothing has changed: %s', async (_name, change) => {
      void chain.appendRule(comment(1))
      void change()
      void chain.appendRule(comment(2))
      expect(await rejection(table.commit())).toBeInstanceOf(InputError)
      expect(saved()).toEqual([])
      await table.refresh()
      await table.commit()
      expect(saved()).toEqual([])
    })

    test('the last change, too, when it fails and nobody awaits it', async () => {
      void chain.deleteRule(comment('nope'))
      expect(await refusal(table.commit())).toContain('says the same')
      await table.refresh()
      void chain.appendRule(comment(1))
      void table.createChain('INPUT')
      expect(await refusal(table.commit())).toContain('exists already')
      expect(saved()).toEqual([])
    })

    test('what is asked for during a commit comes with the next', async () => {
      void chain.appendRule(comment(1))
      const first = table.commit()
      const later = chain.appendRule(comment(2))
      await first
      expect(saved()).toEqual([line(1)])
      await later
      const second = table.commit()
      void chain.appendRule(comment(3))
      await second
      expect(saved()).toEqual([line(1), line(2)])
      await table.commit()
      expect(saved()).toEqual([line(1), line(2), line(3)])
    })

    test('with { test: true } they are checked, and wait still', async () => {
      await chain.appendRule(comment(1))
      await table.commit({ test: true })
      expect(saved()).toEqual([])
      await chain.appendRule(parseRule('-j nope'))
      expect(await refusal(table.commit({ test: true }))).toContain("no chain 'nope'")
      await table.createChain('nope')
      await table.commit({ test: true })
      expect(saved()).toEqual([])
      await table.commit()
      expect(saved()).toEqual([line(1), '-A INPUT -j nope'])
    })

    test('a table that could not be read is read again', async () => {
      let broken = true
      const ledger = new Ledger(family, 'filter', () => (broken ? Promise.reject(new InputError('not yet')) : Promise.resolve(xt)))
      const add = () => ledger.add((changes) => changes.append('filter', 'INPUT', comment(1)))
      expect(await refusal(add())).toBe('not yet')
      expect(await refusal(ledger.look('chains', Object.keys))).toBe('not yet')
      expect(ledger.isEmpty).toBe(true)
      broken = false
      expect(await ledger.look('chains', Object.keys)).toEqual(['INPUT', 'FORWARD', 'OUTPUT'])
      await add()
      expect(ledger.isEmpty).toBe(false)
      await commitLedgers(() => Promise.resolve(xt), [ledger, ledger])
      expect([ledger.isEmpty, saved()]).toEqual([true, [line(1)]])
    })

    test('dropped while it is read, the table is read again', async () => {
      const old = await xt[family].read('filter')
      await xt.transaction((tx) => tx[family].newChain('filter', 'web'))
      let give = (_content: TableContent) => {}
      const reads = [new Promise<TableContent>((resolve) => { give = resolve }), xt[family].read('filter')]
      const ledger = new Ledger(family, 'filter', async () => ({ [family]: { read: () => reads.shift() } }) as unknown as Xtables)
      const looking = ledger.look('chains', Object.keys)
      const adding = ledger.add((changes) => changes.append('filter', 'INPUT', comment(1)))
      await new Promise(setImmediate)
      expect(reads).toHaveLength(1)
      ledger.clear()
      give(old)
      expect(await looking).toContain('web')
      await adding
      expect([ledger.isEmpty, reads.length]).toEqual([true, 0])
    })

    test('twice at once is once', async () => {
      void chain.appendRule(comment(1))
      await Promise.all([table.commit(), table.commit(), table.commit()])
      expect(saved()).toEqual([line(1)])
    })

    describe('and others', () => {
      test('who change the chain that was read stand in the way', async () => {
        expect(await chain.rules).toEqual([])
        await chain.appendRule(comment('ours'))
        theirs('-A', 'INPUT', '-m', 'comment', '--comment', 'theirs')
        const error = await rejection(table.commit())
        expect(error).toBeInstanceOf(ConflictError)
        expect(error.message).toContain("somebody else has changed table 'filter'")
        expect(saved()).toEqual([line('theirs')])
        await table.refresh()
        expect(await chain.rules).toHaveLength(1)
        await chain.appendRule(comment('ours'))
        await table.commit()
        expect(saved()).toEqual([line('theirs'), line('ours')])
      })

      test('who change another chain do not', async () => {
        expect(await chain.rules).toEqual([])
        await chain.appendRule(comment('ours'))
        theirs('-A', 'OUTPUT', '-m', 'comment', '--comment', 'theirs')
        theirs('-N', 'web')
        theirs('-P', 'FORWARD', 'DROP')
        theirs('-t', 'mangle', '-A', 'INPUT')
        await table.commit()
        expect(saved()).toEqual([line('ours'), line('theirs', 'OUTPUT')])
        expect(tables.saved(family)).toContain(':FORWARD DROP [0:0]')
      })

      test('do not when nothing was read', async () => {
        await chain.appendRule(comment('ours'))
        theirs('-A', 'INPUT', '-m', 'comment', '--comment', 'theirs')
        await table.commit()
        expect(saved()).toEqual([line('theirs'), line('ours')])
      })

      test('who count packets do not', async () => {
        await chain.appendRule(comment('a'))
        await table.commit()
        expect(await chain.rules).toHaveLength(1)
        await chain.appendRule(comment('b'))
        await xt.transaction((tx) => tx[family].zero('filter'))
        await using other = new (family === 'ip' ? Table : Table6)('filter', { backend: tables.backend })
        await other.setPolicy('INPUT', 'ACCEPT', [5, 6])
        await table.commit()
        expect(saved()).toEqual([line('a'), line('b')])
      })

      test.each<[string, () => Promise<unknown>, string[]]>([
        ['chains', () => table.chains, ['-N', 'web']],
        ['whether there is a chain', () => table.isChain('web'), ['-N', 'web']],
        ['a policy', () => chain.getPolicy(), ['-P', 'INPUT', 'DROP']],
        ['a place', () => chain.insertRule(comment('x'), 0).then(() => chain.insertRule(comment('x'), 1)), ['-A', 'INPUT', '-j', 'ACCEPT']],
      ])('stand in the way of who has read %s', async (_name, look, change) => {
        await look()
        await chain.appendRule(comment('ours'))
        theirs(...change)
        expect(await rejection(table.commit())).toBeInstanceOf(ConflictError)
        expect(saved().filter((one) => one.includes('comment'))).toEqual([])
      })

      test('who take away what is to be deleted stand in the way', async () => {
        theirs('-A', 'INPUT', '-m', 'comment', '--comment', 'theirs')
        await chain.appendRule(comment('ours'))
        await chain.deleteRule(comment('theirs'))
        theirs('-F', 'INPUT')
        expect(await rejection(table.commit())).toBeInstanceOf(ConflictError)
        expect(saved()).toEqual([])
      })
    })

    test('two objects of one table do not see each other before', async () => {
      const other = new (family === 'ip' ? Table : Table6)('filter', { xt, autocommit: false })
      await chain.appendRule(comment('one'))
      await new Chain(other, 'INPUT').appendRule(comment('two'))
      expect(await chain.rules).toHaveLength(1)
      await other.commit()
      // Its rules were read before.
      expect(await rejection(table.commit())).toBeInstanceOf(ConflictError)
      expect(saved()).toEqual([line('two')])
    })

    test('rules of objects are taken as they are when they are given', async () => {
      const rule = family === 'ip' ? new Rule({ protocol: 'tcp' }) : new Rule6({ protocol: 'tcp' })
      const match = rule.createMatch('tcp', { dport: '1' })
      void chain.appendRule(rule)
      match.dport = '2'
      void chain.appendRule(rule)
      rule.createTarget('ACCEPT')
      await table.commit()
      expect(saved()).toEqual(['-A INPUT -p tcp -m tcp --dport 1', '-A INPUT -p tcp -m tcp --dport 2'])
    })
  })
})

describeNft('a commit', (tables) => {
  test('is one generation, and none where there is nothing to change', async () => {
    emptyTables(tables)
    await using xt = await tables.open()
    await using table = new Table('filter', { xt, autocommit: false })
    const events = xt.monitor()
    await events.ready
    const log = new Log(events)
    await table.createChain('web')
    for (let i = 0; i < 30; i++) await new Chain(table, i % 2 ? 'web' : 'INPUT').appendRule(comment(i))
    await table.commit()
    const told = await log.commit()
    expect(told.filter(({ type }) => type === 'rule-added')).toHaveLength(30)
    await table.commit()
    expect(await table.chains).toHaveLength(4)
    await table.commit()
    await new Chain(table, 'web').flush()
    await table.commit()
    expect(new Set((await log.commit()).map(({ type }) => type))).toEqual(new Set(['rule-deleted', 'commit']))
  })
})
