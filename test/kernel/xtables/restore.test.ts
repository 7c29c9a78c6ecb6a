import { formatRuleset, parseRule, TextError } from '../../../src/xtables/index.js'
import { describeTables, FAMILIES, ownLock, rejection, start } from '../../support/xtables.js'

ownLock()

const BEFORE = [
  ':INPUT DROP [3:30]',
  ':FORWARD ACCEPT [0:0]',
  ':OUTPUT ACCEPT [0:0]',
  ':old - [0:0]',
  ':web - [0:0]',
  '[1:10] -A INPUT -p tcp -j web',
  '[2:20] -A FORWARD -p udp -j old',
  '[3:30] -A web -p tcp -j RETURN',
]
const TEXT = `# a comment
*filter
:INPUT ACCEPT [5:50]
:FORWARD ACCEPT [0:0]
:OUTPUT DROP [6:60]
:web - [0:0]
[7:70] -A INPUT -p tcp -m tcp --dport 80 -j web
[8:80] -I INPUT -p udp -m comment --comment "two words; \\"quoted\\" -j DROP" -j ACCEPT
-A web -g other
-N extra
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
[9:90] -A INPUT -p tcp -j MARK --set-mark 5
COMMIT
`.replace(':web - [0:0]\n', ':web - [0:0]\n:other - [0:0]\n')

const VARIANTS: readonly [string, { noflush?: boolean; counters?: boolean; table?: string }, readonly string[]][] = [
  ['as it is', {}, []],
  ['with counters', { counters: true }, ['-c']],
  ['without flushing', { noflush: true }, ['-n']],
  ['without flushing, with counters', { noflush: true, counters: true }, ['-n', '-c']],
  ['of one table', { table: 'mangle' }, ['-T', 'mangle']],
  ['of one table, with counters', { table: 'filter', counters: true }, ['-T', 'filter', '-c']],
]

describeTables('restore in a transaction on the tables of %s', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    const whole = () => [tables.saved(family), tables.saved(family, 'mangle')]
    beforeEach(async () => {
      await tables.load(family, BEFORE)
      await tables.load(family, [':PREROUTING ACCEPT [0:0]', '[4:40] -A FORWARD -p udp'], 'mangle')
    })

    /** With the counters of all rules zero where the C tool takes none. */
    const asTool = (lines: readonly string[][]) =>
      tables.toolCounts(family) ? lines : lines.map((table) => table.map((line) => line.replace(/^\[\d+:\d+\]/, '[0:0]')))

    test.each(VARIANTS)('of a text %s makes what the C tool makes of it', async (_, options, args) => {
      const text = 'counters' in options ? TEXT.replace('-A web -g', '[0:0] -A web -g').replace('-N extra\n', '') : TEXT
      start(`${tables.programs[family]}-restore`, args, text)
      const expected = whole()
      tables.clear(family, 'mangle')
      await tables.load(family, [':PREROUTING ACCEPT [0:0]', '[4:40] -A FORWARD -p udp'], 'mangle')
      await tables.load(family, BEFORE)
      expect(whole()).not.toEqual(expected)
      await tables.withTables((xt) => xt.transaction((tx) => tx[family].restore(text, options)))
      expect(asTool(whole())).toEqual(asTool(expected))
    })

    test('of a text takes its counters, whatever the C tool does', async () => {
      await tables.withTables((xt) => xt.transaction((tx) => tx[family].restore(TEXT, { counters: true, table: 'mangle' })))
      expect(tables.saved(family, 'mangle')).toContain('[9:90] -A INPUT -p tcp -j MARK --set-xmark 0x5/0xffffffff')
    })

    test('puts all tables back as the save command has told them', async () => {
      const text = start(`${tables.programs[family]}-save`, ['-c'])
      const before = whole()
      tables.clear(family)
      tables.clear(family, 'mangle')
      await tables.withTables((xt) => xt.transaction((tx) => tx[family].restore(text, { counters: true })))
      expect(whole()).toEqual(before)
    })

    test('of a ruleset that was read gives the same ruleset and text', async () => {
      const before = whole()
      await tables.withTables(async (xt) => {
        const ruleset = await xt[family].readAll()
        expect(formatRuleset(ruleset, { family })).toContain(before[0]?.[0]?.split(' ')[0])
        tables.clear(family)
        tables.clear(family, 'mangle')
        await xt.transaction((tx) => tx[family].restore(ruleset))
        expect(await xt[family].readAll()).toEqual(ruleset)
      })
      expect(whole()).toEqual(before)
    })

    test('of a ruleset takes out what it does not name, and keeps a policy that it does not say', async () => {
      await tables.withTables((xt) =>
        xt.transaction((tx) =>
          tx[family].restore({ filter: { new: { rules: [] }, INPUT: { rules: [parseRule('-p tcp -g new')] } } }),
        ),
      )
      expect(tables.saved(family)).toEqual([
        ':INPUT DROP [3:30]',
        ':FORWARD ACCEPT [0:0]',
        ':OUTPUT ACCEPT [0:0]',
        ':new - [0:0]',
        '[0:0] -A INPUT -p tcp -g new',
      ])
      expect(tables.savedRules(family, 'mangle')).toEqual(['-A FORWARD -p udp'])
    })

    test('of a ruleset without flushing adds to what is there', async () => {
      await tables.withTables((xt) =>
        xt.transaction((tx) =>
          tx[family].restore(
            { filter: { web: { rules: [parseRule('-p sctp')] }, new: { rules: [] } } },
            { noflush: true },
          ),
        ),
      )
      expect(tables.saved(family)).toEqual([...BEFORE.slice(0, 3), ':new - [0:0]', ...BEFORE.slice(3), '[0:0] -A web -p sctp'])
    })

    test('of a text only checks when it is a test', async () => {
      const before = whole()
      await tables.withTables((xt) => xt.transaction((tx) => tx[family].restore(TEXT), { test: true }))
      expect(whole()).toEqual(before)
    })

    test.each([
      ['an option that is not there', '-A INPUT -p tcp --dprt 80', 5],
      ['a rule for a chain that is missing', '-A nowhere -p tcp', 5],
      ['counters that are none', '[1:x] -A INPUT', 5],
      ['the number of a rule that is not there', '-D INPUT 5', 5],
    ])('of a text with %s names the line, and changes nothing', async (_, wrong, line) => {
      const before = whole()
      const text = `*mangle\n-F\nCOMMIT\n*filter\n${wrong}\nCOMMIT\n`
      const error = await rejection(tables.withTables((xt) => xt.transaction((tx) => tx[family].restore(text, { counters: true }))))
      expect(TextError.is(error) && error.line).toBe(line)
      expect(whole()).toEqual(before)
    })
  })
})
