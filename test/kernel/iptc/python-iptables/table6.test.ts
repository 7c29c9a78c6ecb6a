import { isTable6Available, Rule, Table, Table6 } from '../../../../src/iptc/index.js'
import { describeTables, ownLock } from '../../../support/xtables.js'
import { withTable6 } from './setting.js'

ownLock()

describeTables('python-iptables: tables of IPv6 on %s', (tables) => {
  const options = { backend: tables.backend }

  describe('TestTable6', () => {
    test('test_table6', async () => {
      for (const name of [Table6.FILTER, Table6.SECURITY, Table6.MANGLE, Table6.RAW]) {
        expect([name, await isTable6Available(name, options)]).toEqual([name, true])
        // There is one object for each `new`, not one for each name: it belongs to its connection, and so does its autocommit.
        expect(new Table6(name, options)).not.toBe(new Table6(name, options))
        await withTable6(tables, name, async (table) => {
          expect([table.name, table.family, (await table.chains).length > 0]).toEqual([name, 'ip6', true])
        })
      }
      expect(await isTable6Available('nosuch', options)).toBe(false)
      expect(() => new Table6('nosuch')).toThrow("there is no table 'nosuch'")
    })

    test('test_table6_autocommit', async () => {
      const table = new Table(Table.FILTER, false)
      expect(table.autocommit).toBe(false)
      const rule = new Rule()
      rule.src = '1.2.3.4'
      rule.dst = '2.3.4.5'
      rule.protocol = 'tcp'
      rule.createTarget('DROP')
      rule.createMatch('tcp').dport = '80:90'
      expect(table.autocommit).toBe(false)
      // Another table of the same name goes by its own.
      expect([new Table(Table.FILTER).autocommit, new Table6(Table6.FILTER, { autocommit: false }).autocommit, table.autocommit]).toEqual([true, false, false])
    })
  })
})
