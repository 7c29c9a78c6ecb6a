import { type Changes, InputError, parseRule } from '../../../src/xtables/index.js'
import { describeTables, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()

const POLICIES = [':INPUT ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]']
const rule = (text: string) => parseRule(text)

/** Three rules with counters, a chain of the user's that two of them lead to. */
const START = [
  ':INPUT ACCEPT [0:0]',
  ':FORWARD DROP [7:700]',
  ':OUTPUT ACCEPT [0:0]',
  ':web - [0:0]',
  '[1:100] -A FORWARD -p udp -m udp --dport 1 -j ACCEPT',
  '[2:200] -A FORWARD -p tcp -m tcp --dport 2 -j web',
  '[3:300] -A FORWARD -m mark --mark 0x3',
  '[4:400] -A web -p tcp -g web2',
  '[5:500] -A web2 -j RETURN',
]
const LOADED = [...START.slice(0, 4), ':web2 - [0:0]', ...START.slice(4)]

const head = (...forward: string[]) => [...LOADED.slice(0, 5), ...forward, ...LOADED.slice(8)]
const [ONE, TWO, THREE] = LOADED.slice(5, 8) as [string, string, string]
const NEW = '[0:0] -A FORWARD -p udp -m udp --dport 9 -j DROP'
const nine = rule('-p udp --dport 9 -j DROP')
const counted = '[9:900] -A FORWARD -p udp -m udp --dport 9 -j DROP'

const CASES: readonly [string, (tx: Changes) => void, readonly string[]][] = [
  ['append', (tx) => tx.append('filter', 'FORWARD', nine), head(ONE, TWO, THREE, NEW)],
  [
    'append with counters',
    (tx) => tx.append('filter', 'FORWARD', { ...nine, counters: { packets: 9, bytes: 900n } }),
    head(ONE, TWO, THREE, counted),
  ],
  ['insert', (tx) => tx.insert('filter', 'FORWARD', nine), head(NEW, ONE, TWO, THREE)],
  ['insert by number', (tx) => tx.insert('filter', 'FORWARD', nine, 3), head(ONE, TWO, NEW, THREE)],
  ['insert behind the last', (tx) => tx.insert('filter', 'FORWARD', nine, 4), head(ONE, TWO, THREE, NEW)],
  ['replace', (tx) => tx.replace('filter', 'FORWARD', 2, nine), head(ONE, NEW, THREE)],
  ['delete by number', (tx) => tx.delete('filter', 'FORWARD', 2), head(ONE, THREE)],
  ['delete by rule', (tx) => tx.delete('filter', 'FORWARD', rule('-p tcp --dport 2 -j web')), head(ONE, THREE)],
  ['delete by rule without a target', (tx) => tx.delete('filter', 'FORWARD', rule('-m mark --mark 3')), head(ONE, TWO)],
  [
    'replaceChain, unchanged rules keep their counters',
    (tx) => {
      tx.replaceChain(
        'filter',
        'FORWARD',
        ['-m mark --mark 3', '-p udp --dport 9 -j DROP', '-p udp --dport 1 -j ACCEPT'].map(rule),
      )
    },
    head(THREE, NEW, ONE),
  ],
  [
    'replaceChain of a missing chain',
    (tx) => tx.replaceChain('filter', 'abc', [nine]),
    [
      ...LOADED.slice(0, 3),
      ':abc - [0:0]',
      ...LOADED.slice(3, 8),
      '[0:0] -A abc -p udp -m udp --dport 9 -j DROP',
      ...LOADED.slice(8),
    ],
  ],
  ['newChain', (tx) => tx.newChain('filter', 'zzz'), [...LOADED.slice(0, 5), ':zzz - [0:0]', ...LOADED.slice(5)]],
  [
    'renameChain, rules follow',
    (tx) => tx.renameChain('filter', 'web2', 'www'),
    LOADED.map((line) => line.replace('web2', 'www')),
  ],
  ['flush of a chain', (tx) => tx.flush('filter', 'FORWARD'), head()],
  ['flush of the table', (tx) => tx.flush('filter'), LOADED.slice(0, 5)],
  [
    'deleteChain',
    (tx) => {
      tx.flush('filter', 'web')
      tx.flush('filter', 'web2')
      tx.deleteChain('filter', 'web2')
    },
    [...LOADED.slice(0, 4), ONE, TWO, THREE],
  ],
  ['zero of a rule', (tx) => tx.zero('filter', 'FORWARD', 2), head(ONE, TWO.replace('2:200', '0:0'), THREE)],
  [
    'zero of a chain and its policy',
    (tx) => tx.zero('filter', 'FORWARD'),
    [...LOADED.slice(0, 8).map((line) => line.replace(/[1-9]\d*:[1-9]\d*/, '0:0')), ...LOADED.slice(8)],
  ],
  ['zero of the table', (tx) => tx.zero('filter'), LOADED.map((line) => line.replace(/\d+:\d+/, '0:0'))],
  [
    'setPolicy',
    (tx) => tx.setPolicy('filter', 'INPUT', 'DROP'),
    LOADED.map((line) => line.replace(':INPUT ACCEPT', ':INPUT DROP')),
  ],
  ['nothing at all', () => {}, LOADED],
]

describeTables('a transaction on the tables of %s', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    beforeEach(() => tables.load(family, LOADED))

    test.each(CASES)('makes what the C tool reads: %s', async (_, change, expected) => {
      expect(tables.saved(family)).toEqual(LOADED)
      await tables.withTables((xt) => xt.transaction((tx) => change(tx[family])))
      expect(tables.saved(family)).toEqual(expected)
    })

    test('makes many changes in their order, and gives what its function gives', async () => {
      const result = await tables.withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          tx.newChain('filter', 'new')
          tx.append('filter', 'new', rule('-p tcp -j ACCEPT'))
          tx.insert('filter', 'new', rule('-p udp -j ACCEPT'))
          tx.append('filter', 'INPUT', rule('-j new'))
          tx.renameChain('filter', 'new', 'newer')
          tx.replace('filter', 'newer', 2, rule('-p sctp -j ACCEPT'))
          tx.delete('filter', 'FORWARD', 1)
          return [
            await tx.chains('filter'),
            (await tx.rules('filter', 'newer')).length,
            await tx.has('filter', 'newer', rule('-p udp -j ACCEPT')),
          ]
        }),
      )
      expect(result).toEqual([['INPUT', 'FORWARD', 'OUTPUT', 'newer', 'web', 'web2'], 2, true])
      expect(tables.savedRules(family).filter((line) => /INPUT|newer/.test(line))).toEqual([
        '-A INPUT -j newer',
        '-A newer -p udp -j ACCEPT',
        '-A newer -p sctp -j ACCEPT',
      ])
    })

    test('takes the first of equal rules when one is deleted', async () => {
      await tables.load(family, [...POLICIES, '[1:1] -A INPUT -p tcp', '[2:2] -A INPUT -p udp', '[3:3] -A INPUT -p tcp'])
      await tables.withTables((xt) => xt.transaction((tx) => tx[family].delete('filter', 'INPUT', rule('-p tcp'))))
      expect(tables.saved(family).slice(3)).toEqual(['[2:2] -A INPUT -p udp', '[3:3] -A INPUT -p tcp'])
    })

    test('gives each of equal rules the counters of one when a chain is replaced', async () => {
      await tables.load(family, [...POLICIES, '[1:1] -A INPUT -p tcp', '[2:2] -A INPUT -p udp', '[3:3] -A INPUT -p tcp'])
      const rules = ['-p udp', '-p tcp', '-p tcp', '-p tcp'].map(rule)
      await tables.withTables((xt) => xt.transaction((tx) => tx[family].replaceChain('filter', 'INPUT', rules)))
      const expected = [
        '[2:2] -A INPUT -p udp',
        '[1:1] -A INPUT -p tcp',
        '[3:3] -A INPUT -p tcp',
        '[0:0] -A INPUT -p tcp',
      ]
      expect(tables.saved(family).slice(3)).toEqual(expected)
    })

    test('reads what the C tool has written, counters included', async () => {
      const table = await tables.withTables((xt) => xt[family].read('filter'))
      expect(Object.keys(table)).toEqual(['INPUT', 'FORWARD', 'OUTPUT', 'web', 'web2'])
      expect(table.FORWARD).toMatchObject({ policy: 'DROP', counters: { packets: 7n, bytes: 700n } })
      expect(table.FORWARD?.rules.map(({ counters }) => counters?.bytes)).toEqual([100n, 200n, 300n])
      expect(table.web?.rules).toMatchObject([
        { protocol: 'tcp', target: { goto: 'web2' }, counters: { packets: 4n, bytes: 400n } },
      ])
    })

    test('only checks when it is a test', async () => {
      await tables.withTables((xt) => xt.transaction((tx) => tx[family].flush('filter'), { test: true }))
      expect(tables.saved(family)).toEqual(LOADED)
      const wrong = tables.withTables((xt) =>
        xt.transaction((tx) => tx[family].append('filter', 'INPUT', rule('-j nowhere')), { test: true }),
      )
      expect(InputError.is(await rejection(wrong))).toBe(true)
    })

    test('changes nothing when its function throws', async () => {
      const promise = tables.withTables((xt) =>
        xt.transaction(async (tx) => {
          tx[family].flush('filter')
          await tx[family].settle()
          throw new RangeError('no more')
        }),
      )
      expect(await rejection(promise)).toBeInstanceOf(RangeError)
      expect(tables.saved(family)).toEqual(LOADED)
    })

    test('knows a rule it has added by the new name of the chain it jumps to', async () => {
      const result = await tables.withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          tx.append('filter', 'INPUT', rule('-j web'))
          tx.renameChain('filter', 'web', 'www')
          const told = await tx.rules('filter', 'INPUT')
          const found = [
            await tx.has('filter', 'INPUT', rule('-j www')),
            await tx.has('filter', 'INPUT', rule('-j web')),
          ]
          return [
            told.map(({ target }) => target),
            found,
            await tx.has('filter', 'FORWARD', rule('-p tcp --dport 2 -j www')),
          ]
        }),
      )
      expect(tables.savedRules(family)[0]).toBe('-A INPUT -j www')
      expect(result).toEqual([[{ jump: 'www' }], [true, false], true])
    })

    test('loses no change that is made while the same table is still being read', async () => {
      await tables.load(family, [
        ...POLICIES,
        ...Array.from({ length: 5000 }, (_, i) => `[0:0] -A OUTPUT -p udp -m udp --dport ${i + 1}`),
      ])
      await tables.withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          const readings = [1, 2, 3, 4].map(() => tx.rules('filter', 'FORWARD'))
          await Promise.race(readings)
          tx.append('filter', 'INPUT', nine)
          await Promise.all(readings)
        }),
      )
      expect(tables.savedRules(family)[0]).toBe('-A INPUT -p udp -m udp --dport 9 -j DROP')
    })

    test('leaves another family and other tables alone', async () => {
      const other = family === 'ip' ? 'ip6' : 'ip'
      tables.clear(other)
      await tables.load(family, [':PREROUTING ACCEPT [0:0]', '[1:1] -A PREROUTING -p tcp'], 'mangle')
      const before = [tables.saved(other), tables.savedRules(family, 'mangle')]
      await tables.withTables((xt) => xt.transaction((tx) => tx[family].flush('filter')))
      expect([tables.saved(other), tables.savedRules(family, 'mangle')]).toEqual(before)
      tables.clear(family, 'mangle')
    })
  })
})

describeTables('changes of %s that come when their transaction is over', (tables) => {
  test('are refused: they would be lost', async () => {
    await tables.load('ip', POLICIES)
    await tables.withTables(async (xt) => {
      let late: Changes | undefined
      await xt.transaction(({ ip }) => {
        ip.append('filter', 'INPUT', nine)
        late = ip
      })
      for (const change of [() => late?.append('filter', 'INPUT', rule('-p tcp')), () => late?.restore({}), () => late?.draft('filter')]) {
        const error = await rejection((async () => change())())
        expect([InputError.is(error), (error as Error).message]).toEqual([true, expect.stringMatching(/this transaction is over: wait for/)])
      }
    })
    expect(tables.savedRules('ip')).toEqual(['-A INPUT -p udp -m udp --dport 9 -j DROP'])
  })
})
