import { TextError } from '../../../src/xtables/index.js'
import { describeTables, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()

describeTables('a text that is restored into the tables of %s', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    beforeEach(async () => {
      for (const table of ['filter', 'mangle'] as const) tables.clear(family, table)
      tables.tool(family, '-A', 'INPUT', '-p', 'tcp')
      tables.tool(family, '-t', 'mangle', '-A', 'FORWARD', '-p', 'udp')
    })
    const both = () => [tables.saved(family), tables.saved(family, 'mangle')]
    const restore = (text: string, options = {}) => tables.withTables((xt) => xt.transaction((tx) => tx[family].restore(text, options)))

    test('changes the table that was meant alone, where one is named, whatever tables it speaks of', async () => {
      const [, mangle] = both()
      await restore('*mangle\n:FORWARD DROP [0:0]\nCOMMIT\n*filter\n-A OUTPUT -p udp\nCOMMIT\n*nat\n-A OUTPUT -p tcp -j ACCEPT\nCOMMIT\n', { table: 'filter' })
      expect(tables.savedRules(family)).toEqual(['-A OUTPUT -p udp'])
      expect(tables.saved(family, 'mangle')).toEqual(mangle)
      expect(tables.savedRules(family, 'nat')).toEqual([])
    })

    test('changes nothing where its last line makes no sense, though all before it do', async () => {
      const before = both()
      for (const last of ['-A INPUT -j ACCEPT --to-the-moon', '-A INPUT -s evil.example', ':', '*', 'COMMIT now', '-A nowhere -j ACCEPT', '\0', '-P INPUT REJECT']) {
        const text = ['*mangle', '-F', 'COMMIT', '*filter', ':INPUT ACCEPT [0:0]', ...Array.from({ length: 1000 }, () => '-A INPUT -j ACCEPT'), last, 'COMMIT', ''].join('\n')
        const error = await rejection(restore(text))
        expect(TextError.is(error) && error.line).toBe(1006)
      }
      expect(both()).toEqual(before)
    })
  })
})
