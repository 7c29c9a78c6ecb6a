import { Chain, isTableAvailable, Match, Rule, Table, Target } from '../../../../src/iptc/index.js'
import { KernelError } from '../../../../src/netlink/index.js'
import { describeTables, ownLock, rejection } from '../../../support/xtables.js'
import { shown, withTable } from './setting.js'

ownLock()

describeTables('python-iptables: tables on %s', (tables) => {
  const options = { backend: tables.backend }

  describe('TestTable', () => {
    let table: Table
    let chain: Chain
    beforeEach(async () => {
      table = new Table(Table.FILTER, options)
      chain = new Chain(table, 'iptc_test_chain')
      await table.createChain(chain)
    })
    afterEach(async () => {
      await table.flush()
      await table.close()
    })

    test('test_table', async () => {
      for (const name of [Table.FILTER, Table.NAT, Table.MANGLE, Table.RAW]) {
        expect([name, await isTableAvailable(name, options)]).toEqual([name, true])
        // There is one object for each `new`, not one for each name: it belongs to its connection, and so does its autocommit.
        expect(new Table(name, options)).not.toBe(new Table(name, options))
        await withTable(tables, name, async (one) => {
          expect([one.name, one.family, (await one.chains).length > 0]).toEqual([name, 'ip', true])
        })
      }
      expect(await isTableAvailable('nosuch', options)).toBe(false)
      expect(() => new Table('nosuch')).toThrow("there is no table 'nosuch'")
    })

    test('test_refresh', async () => {
      const rule = new Rule()
      const match = new Match(rule, 'tcp')
      match.dport = '1234'
      rule.addMatch(match)
      // A match tcp asks for its protocol: the rule is refused, and the table goes on as before.
      const error = await rejection(chain.insertRule(rule))
      expect(KernelError.is(error) && error.path).toBe('filter iptc_test_chain rule 1 (-m tcp --dport 1234)')
      expect(await chain.rules).toEqual([])
      await table.refresh()
      rule.target = new Target(rule, 'ACCEPT')
      rule.protocol = 'tcp'
      await chain.insertRule(rule)
      expect(shown(tables, 'ip', 'filter', chain.name)).toEqual(['-p tcp -m tcp --dport 1234 -j ACCEPT'])
      await chain.deleteRule(rule)
      expect(await chain.rules).toEqual([])
    })

    test('test_flush_user_chains', async () => {
      const chain1 = await table.createChain(new Chain(table, 'iptc_test_flush_chain1'))
      const chain2 = await table.createChain(new Chain(table, 'iptc_test_flush_chain2'))
      for (const [from, to] of [[chain1, chain2], [chain2, chain1]] as const) {
        const rule = new Rule()
        rule.target = new Target(rule, to.name)
        await from.appendRule(rule)
      }
      expect([(await chain1.rules).length, (await chain2.rules).length]).toEqual([1, 1])
      await table.flush()
      expect([await table.isChain(chain1), await table.isChain(chain2.name), await table.isChain('INPUT')]).toEqual([false, false, true])
    })

    test('test_flush_builtin', async () => {
      const output = new Chain(table, 'OUTPUT')
      const before = (await output.rules).length
      const rule = new Rule()
      rule.target = new Target(rule, 'ACCEPT')
      await output.appendRule(rule)
      expect(await output.rules).toHaveLength(before + 1)
      await table.flush()
      expect(await output.rules).toEqual([])
      expect(tables.savedRules('ip')).toEqual([])
    })
  })
})
