import { InputError, KernelError } from '../../../src/netlink/index.js'
import { type Changes, type Family, parseRule, type RuleInput } from '../../../src/xtables/index.js'
import { describeTables, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()

const START = [
  ':INPUT ACCEPT [0:0]',
  ':FORWARD DROP [7:700]',
  ':OUTPUT ACCEPT [0:0]',
  ':web - [0:0]',
  '[1:100] -A FORWARD -p tcp -m tcp --dport 2 -j web',
  '[2:200] -A FORWARD -m limit --limit 3/min',
  '[4:400] -A web -p tcp -j RETURN',
]
const plain = (i: number): RuleInput => ({ protocol: 'tcp', matches: [{ match: 'tcp', dport: i }] })

/** Rules that only the kernel refuses, in INPUT of filter. */
const REFUSED: readonly [string, RuleInput, string | { readonly legacy: string; readonly nft: string }, RegExp][] = [
  ['a match that may not stand in this chain', parseRule('-m owner --uid-owner 5'), 'EINVAL', /-m owner --uid-owner 5/],
  ['an object that is not there', parseRule('-m nfacct --nfacct-name nosuch'), 'ENOENT', /nfacct/],
  [
    'a match no kernel has',
    { matches: [{ match: 'unknown', name: 'nosuch', revision: 0, info: '0011' }] },
    'ENOENT',
    /nosuch/,
  ],
  [
    'a revision no kernel has',
    { matches: [{ match: 'unknown', name: 'mark', revision: 77, info: '0011' }] },
    { legacy: 'EPROTOTYPE', nft: 'ENOENT' },
    /mark/,
  ],
  [
    'a match with too few bytes',
    { matches: [{ match: 'unknown', name: 'mark', revision: 1, info: '0011' }] },
    'EINVAL',
    /mark/,
  ],
  [
    'a mangle-only target in disguise',
    { target: { target: 'unknown', name: 'CHECKSUM', revision: 0, info: `01${'00'.repeat(7)}` } },
    'EINVAL',
    /CHECKSUM/,
  ],
]

const WHOLE = 'filter INPUT rule 1'
/** Appends a rule to INPUT of filter. */
const input = (rule: string | RuleInput) => (tx: Changes) =>
  tx.append('filter', 'INPUT', typeof rule === 'string' ? parseRule(rule) : rule)

/** What is refused before the kernel sees it, and where it is said to be. */
const WRONG: readonly [string, (tx: Changes, family: Family) => void, string | RegExp, RegExp][] = [
  [
    'a jump to a missing chain',
    input('-p tcp -j nowhere'),
    /^filter INPUT rule 1 \(-p tcp -j nowhere\)$/,
    /no chain 'nowhere'/,
  ],
  ['a goto to a missing chain', input({ target: { goto: 'nowhere' } }), /^filter INPUT rule 1 /, /no chain 'nowhere'/],
  [
    'a jump to a built-in chain',
    (tx) => tx.append('filter', 'web', parseRule('-j OUTPUT')),
    /^filter web rule 2 /,
    /built in/,
  ],
  [
    'a rule for a missing chain',
    (tx) => tx.append('filter', 'nowhere', parseRule('-p tcp')),
    '',
    /no chain 'nowhere' in table 'filter'/,
  ],
  [
    'a chain that jumps to itself',
    (tx) => tx.append('filter', 'web', parseRule('-j web')),
    /^filter web rule 2 /,
    /circle: web -> web/,
  ],
  [
    'chains that call each other',
    (tx) => {
      tx.newChain('filter', 'a')
      tx.append('filter', 'a', parseRule('-j web'))
      tx.append('filter', 'web', parseRule('-g a'))
    },
    /^filter (a|web) rule \d /,
    /circle: web -> a -> web/,
  ],
  ['a chain name of 29 bytes', (tx) => tx.newChain('filter', 'c'.repeat(29)), '', /29 bytes, at most 28/],
  [
    'a chain name of 29 bytes in 28 characters',
    (tx) => tx.newChain('filter', `${'c'.repeat(27)}é`),
    '',
    /29 bytes, at most 28/,
  ],
  ['a new name of 29 bytes', (tx) => tx.renameChain('filter', 'web', 'c'.repeat(29)), '', /29 bytes, at most 28/],
  ['a chain with the name of a target', (tx) => tx.newChain('filter', 'LOG'), '', /that of a target/],
  ['a chain name with a newline', (tx) => tx.newChain('filter', 'a\nb'), '', /blank|newline|control/],
  ['a chain name with a NUL', (tx) => tx.newChain('filter', 'a\0b'), '', /blank|NUL|control/],
  ['an empty chain name', (tx) => tx.newChain('filter', ''), '', /name/],
  ['a chain that is there', (tx) => tx.newChain('filter', 'web'), '', /exists already/],
  ['the deletion of a chain in use', (tx) => tx.deleteChain('filter', 'web'), 'filter web', /cannot be deleted/],
  ['the deletion of a built-in chain', (tx) => tx.deleteChain('filter', 'INPUT'), '', /built into/],
  ['a policy of a chain of the user', (tx) => tx.setPolicy('filter', 'web', 'DROP'), '', /only built-in/],
  ['a policy that is none', (tx) => tx.setPolicy('filter', 'INPUT', 'REJECT' as 'DROP'), '', /no policy/],
  ['a rule number too high', (tx) => tx.delete('filter', 'FORWARD', 3), '', /no rule 3 in filter FORWARD/],
  ['a rule number 0', (tx) => tx.replace('filter', 'FORWARD', 0, plain(1)), '', /no rule 0/],
  ['a rule number that is no whole number', (tx) => tx.insert('filter', 'FORWARD', plain(1), 1.5), '', /no rule 1.5/],
  [
    'the deletion of a rule that is not there',
    (tx) => tx.delete('filter', 'FORWARD', plain(9)),
    '',
    /no rule in filter FORWARD says the same/,
  ],
  [
    'a mangle-only target',
    input('-j DSCP --set-dscp 1'),
    /^filter INPUT rule 1 \(-j DSCP --set-dscp 0x01\)$/,
    /DSCP may only stand in table mangle/,
  ],
  [
    'a misspelt option',
    input({ protocol: 'tcp', matches: [{ match: 'tcp', dprt: 22 } as never] }),
    `${WHOLE}.matches[0].dprt`,
    /dprt/,
  ],
  ['a misspelt part of a rule', input({ protcol: 'tcp' } as never), `${WHOLE}.protcol`, /protcol/],
  ['a value out of range', input(plain(65536)), `${WHOLE}.matches[0].dport`, /65536/],
  [
    'an option of a target that is misspelt',
    input({ target: { target: 'LOG', prefx: 'a' } as never }),
    `${WHOLE}.target.prefx`,
    /prefx/,
  ],
  ['an interface with a NUL', input({ inInterface: 'et\0h' }), `${WHOLE}.inInterface`, /./],
  ['a newline in an interface', input({ inInterface: 'eth\n0' }), `${WHOLE}.inInterface`, /./],
  [
    'a newline in a comment',
    input({ matches: [{ match: 'comment', comment: 'a\n-A INPUT -j DROP' }] }),
    `${WHOLE}.matches[0].comment`,
    /./,
  ],
  [
    'a NUL in a comment',
    input({ matches: [{ match: 'comment', comment: 'a\0b' }] }),
    `${WHOLE}.matches[0].comment`,
    /./,
  ],
  ['counters below zero', input({ ...plain(1), counters: { packets: -1n, bytes: 0n } }), /counters/, /./],
  ['counters over 64 bits', input({ ...plain(1), counters: { packets: 2n ** 64n, bytes: 0n } }), /counters/, /./],
  ['counters that are no whole number', input({ ...plain(1), counters: { packets: 1.5, bytes: 0n } }), /counters/, /./],
  [
    'an address of the other family',
    (tx, family) => tx.append('filter', 'INPUT', { source: family === 'ip' ? 'fd00::1' : '10.0.0.1' }),
    `${WHOLE}.source`,
    /./,
  ],
]

describeTables('what is wrong with a change of the tables of %s', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    beforeEach(() => tables.load(family, START))

    /** Runs a change that must fail; checks that nothing has changed. */
    async function refused(change: (tx: Changes) => void): Promise<Error> {
      const before = [tables.saved(family), await tables.raw(family)]
      const error = await rejection(tables.withTables((xt) => xt.transaction((tx) => change(tx[family]))))
      expect([tables.saved(family), await tables.raw(family)]).toEqual(before)
      return error
    }

    test.each(REFUSED)('is told by the kernel, of one rule in a thousand: %s', async (_, bad, told, text) => {
      const errno = typeof told === 'string' ? told : tables.choose(told)
      const error = await refused((tx) => {
        for (let i = 1; i <= 1000; i++) tx.append('filter', 'INPUT', i === 617 ? bad : plain(i))
      })
      expect(error).toMatchObject({ name: 'KernelError', errnoName: errno })
      expect(error.message).toMatch(/^filter INPUT rule 617 \(/)
      expect(error.message).toMatch(text)
      expect(error.message).toContain(errno)
    })

    test.each([1, 1000])('is told of the first and the last rule too (%i)', async (place) => {
      const bad = parseRule('-m owner --uid-owner 5')
      const error = await refused((tx) => {
        tx.replaceChain(
          'filter',
          'INPUT',
          Array.from({ length: 1000 }, (_, i) => (i + 1 === place ? bad : plain(i + 1))),
        )
      })
      expect(KernelError.is(error) && error.message.startsWith(`filter INPUT rule ${place} (`)).toBe(true)
    })

    test('is told of one of two rules that are both refused', async () => {
      const bad = parseRule('-m owner --uid-owner 5')
      const error = await refused((tx) => {
        for (const i of [1, 2, 3, 4, 5]) tx.append('filter', 'INPUT', i === 2 || i === 4 ? bad : plain(i))
      })
      expect(error.message).toMatch(/^filter INPUT rule [24] \(/)
    })

    test('is told of a rule in a chain that only a new jump makes unfit', async () => {
      const error = await refused((tx) => {
        tx.newChain('filter', 'own')
        tx.append('filter', 'own', parseRule('-m owner --uid-owner 5'))
        tx.append('filter', 'INPUT', parseRule('-j own'))
      })
      expect(error).toMatchObject({ name: 'KernelError', errnoName: 'EINVAL' })
      expect(error.message).toMatch(/filter (own|INPUT) rule 1/)
    })

    test.each(WRONG)('is refused before the kernel sees it: %s', async (_, change, path, words) => {
      const error = await refused((tx) => change(tx, family))
      if (!InputError.is(error)) throw error
      if (typeof path === 'string') expect(error.path).toBe(path)
      else expect(error.path).toMatch(path)
      expect(error.reason).toMatch(words)
    })

    test('takes a chain name of 28 bytes', async () => {
      const name = 'c'.repeat(28)
      await tables.withTables((xt) =>
        xt.transaction(({ [family]: tx }) => {
          tx.newChain('filter', name)
          tx.append('filter', 'INPUT', { target: { jump: name } })
        }),
      )
      expect(tables.saved(family)).toEqual(expect.arrayContaining([`:${name} - [0:0]`, `[0:0] -A INPUT -j ${name}`]))
    })

    test.each(['nosuch', 'Filter', ''])('is refused for a table the kernel does not have: %j', async (table) => {
      const wrong = { name: 'KernelError', errnoName: 'ENOENT' }
      expect(await rejection(tables.withTables((xt) => xt[family].read(table)))).toMatchObject(wrong)
      expect(await refused((tx) => tx.append(table, 'INPUT', plain(1)))).toMatchObject(wrong)
    })

    // The kernel is asked for a legacy table, of which the name must fit its struct; those of iptables-nft are five.
    const kind = tables.choose({ legacy: 'InputError', nft: 'KernelError' })
    test.each(['t'.repeat(32), 'a\0b', 'filter\0'])(`is refused for a table whose name cannot be, with ${kind}: %j`, async (table) => {
      expect((await rejection(tables.withTables((xt) => xt[family].read(table)))).name).toBe(kind)
      expect((await refused((tx) => tx.append(table, 'INPUT', plain(1)))).name).toBe(kind)
    })
  })
})
