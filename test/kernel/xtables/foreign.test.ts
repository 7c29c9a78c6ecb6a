import { parseRule, type Family, type Rule, type RuleInput } from '../../../src/xtables/index.js'
import { comesBack, empty, hasExtension, prepend, survives } from '../../support/foreign-rules.js'
import { describeTables, FAMILIES, ownLock, type Tables } from '../../support/xtables.js'

ownLock()

const TABLE = 'filter'
const ACCEPT = { target: { target: 'ACCEPT' } } as const
const le32 = (value: number) => Buffer.from(new Uint32Array([value]).buffer).toString('hex')

const zeros = (count: number) => '00'.repeat(count)
const unknown = (name: string, revision: number, info: string) => ({ match: 'unknown', name, revision, info }) as const

/** include/uapi/linux/netfilter/xt_hashlimit.h: struct xt_hashlimit_mtinfo1 */
const HASHLIMIT_1 = [
  Buffer.from('old'.padEnd(16, '\0')).toString('hex'),
  ...[1, 1000, 5, 16, 16, 1000, 10_000].map(le32),
  '2020',
  zeros(10),
].join('')
/** include/uapi/linux/netfilter/xt_recent.h: struct xt_recent_mtinfo, as `--rcheck --seconds 60 --hitcount 1` */
const RECENT_0 = `${le32(60)}${le32(1)}0100${Buffer.from('old'.padEnd(200, '\0')).toString('hex')}${zeros(6)}`

/** A rule of another owner, with what the kernel must have for it. */
type Foreign = readonly [string, RuleInput, ['match' | 'target', string, number]]

// xt_l2tp.h: tunnel 5, session 7, version 3; tunnel and version count
const L2TP = unknown('l2tp', 0, `${le32(5)}${le32(7)}030005${zeros(5)}`)
const UDPLITE = unknown('udplite', 0, `0000ffff01000200${zeros(8)}`)
const PADDED = unknown('recent', 0, `${RECENT_0.slice(0, 422)}7f${RECENT_0.slice(424)}`)

const UNKNOWN: readonly Foreign[] = [
  ['the match l2tp, which nobody has described', { protocol: 'udp', matches: [L2TP], ...ACCEPT }, ['match', 'l2tp', 0]],
  [
    'the match udplite, which nobody has described',
    { protocol: 136, matches: [UDPLITE], ...ACCEPT },
    ['match', 'udplite', 0],
  ],
  ['padding that is not zero where the kernel keeps it', { matches: [PADDED], ...ACCEPT }, ['match', 'recent', 0]],
]

// xt_conntrack.h: --ctstate NEW
const CONNTRACK_1 = unknown('conntrack', 1, `${zeros(146)}010000000800`)
const CONNTRACK_2 = unknown('conntrack', 2, `${zeros(146)}0100000008000000${zeros(6)}`)
const MIXED: RuleInput = {
  protocol: 'tcp',
  matches: [
    { match: 'comment', comment: 'first' },
    unknown('recent', 0, RECENT_0),
    { match: 'tcp', dport: 22 },
    CONNTRACK_2,
    { match: 'comment', comment: 'last' },
  ],
  target: { target: 'unknown', name: 'NFQUEUE', revision: 2, info: '0500030001000000' },
}
const QUEUE: RuleInput = { target: { target: 'unknown', name: 'NFQUEUE', revision: 1, info: '0500030000000000' } }

/** Rules that can be read, but would be written in another revision. */
const OLD: readonly Foreign[] = [
  ['an old revision of conntrack', { matches: [CONNTRACK_1], ...ACCEPT }, ['match', 'conntrack', 1]],
  [
    'an old revision of hashlimit',
    { matches: [unknown('hashlimit', 1, HASHLIMIT_1)], ...ACCEPT },
    ['match', 'hashlimit', 1],
  ],
  ['an old revision of NFQUEUE', QUEUE, ['target', 'NFQUEUE', 1]],
  ['old and new ones in turns', MIXED, ['match', 'recent', 0]],
]

/** Whether the kernel lacks what a rule needs; says so. */
async function lacks(tables: Tables, family: Family, [what, , needed]: Foreign): Promise<boolean> {
  const found = await hasExtension(tables, family, ...needed)
  if (!found) console.warn(`not tried: ${what}; this kernel has no ${needed.join(' ')} for ${family}`)
  return !found
}

describeTables('a rule in the tables of %s that this library has no words for', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    beforeEach(() => empty(tables, family))

    test.each([...UNKNOWN, ...OLD])('is kept byte for byte: %s', async (...foreign) => {
      if (await lacks(tables, family, foreign)) return
      await survives(tables, family, foreign[1])
    })

    test.each(UNKNOWN)('comes back the same from data and from text: %s', async (...foreign) => {
      if (await lacks(tables, family, foreign)) return
      const found = await survives(tables, family, foreign[1])
      expect(found.matches).toEqual(foreign[1].matches)
      expect(found.target).toEqual({ target: 'ACCEPT' })
      await comesBack(tables, family)
    })

    test.each(OLD)('of which the revision is another is deleted by what was read of it: %s', async (...foreign) => {
      if (await lacks(tables, family, foreign)) return
      await survives(tables, family, foreign[1])
      const before = await tables.raw(family)
      await tables.withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          const found = (await tx.rules(TABLE, 'INPUT'))[1] as Rule
          expect(await tx.has(TABLE, 'INPUT', found)).toBe(true)
          tx.delete(TABLE, 'INPUT', found)
        }),
      )
      expect(await tables.raw(family)).toEqual(before.filter((_, i) => i !== 1))
    })

    test('is kept when its chain is replaced by what was read, with a rule more', async () => {
      const foreign = UNKNOWN[0] as Foreign
      if (await lacks(tables, family, foreign)) return
      await prepend(tables, family, [foreign[1]])
      const before = await tables.raw(family)
      await tables.withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          tx.replaceChain(TABLE, 'INPUT', [...(await tx.rules(TABLE, 'INPUT')), parseRule('-p tcp')])
        }),
      )
      const after = await tables.raw(family)
      expect([after[0], after.length]).toEqual([before[0], before.length + 1])
    })
  })
})
