import {
  encodeEntry,
  type Family,
  formatRuleset,
  parseRule,
  parseRuleset,
  type Rule,
  type RuleInput,
} from '../../../src/xtables/index.js'
import { HEADER_OFFSETS, HEADER_SIZE } from '../../../src/xtables/header.js'
import { describeKernel } from '../../support/kernel.js'
import { FAMILIES, ownLock, rawEntries, rawPrepend, rawSocket, withTables } from '../../support/xtables.js'

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

/** The struct of an entry, made by hand. */
function header(family: Family, make: (bytes: Buffer, at: (typeof HEADER_OFFSETS)['ip']) => void): RuleInput {
  const bytes = Buffer.alloc(HEADER_SIZE[family])
  make(bytes, HEADER_OFFSETS[family] as (typeof HEADER_OFFSETS)['ip'])
  return { header: bytes.toString('hex'), ...ACCEPT }
}

/** Bytes in the struct of an entry that no conditions of a rule say. */
const HEADERS: readonly [string, (family: Family) => RuleInput][] = [
  [
    'address bits that its mask leaves out',
    (family) =>
      header(family, (bytes, at) => {
        bytes.fill(0x11, at.source, at.source + 4)
        bytes[at.sourceMask] = 0xff
      }),
  ],
  [
    'an interface of which no byte counts',
    (family) =>
      header(family, (bytes, at) => {
        bytes.write('eth0', at.inInterface)
      }),
  ],
  [
    'an interface mask with a hole',
    (family) =>
      header(family, (bytes, at) => {
        bytes.write('eth0', at.outInterface)
        bytes.set([0xff, 0x00, 0xff, 0x0f], at.outInterfaceMask)
      }),
  ],
  [
    'bytes behind the end of an interface name',
    (family) =>
      header(family, (bytes, at) => {
        bytes.write('eth0\0junk', at.inInterface)
        bytes.fill(0xff, at.inInterfaceMask, at.inInterfaceMask + 5)
      }),
  ],
  [
    'a negation of nothing',
    (family) =>
      header(family, (bytes, at) => {
        bytes[at.inverted] = 0x02 | 0x40
      }),
  ],
  [
    'a protocol that does not count, or fragments that are negated and not asked for',
    (family) =>
      header(family, (bytes, at) => {
        if (family === 'ip6') bytes.writeUInt16LE(6, at.protocol)
        else bytes[at.inverted] = 0x20
      }),
  ],
]

/** Whether the kernel lacks what a rule needs; says so. */
async function lacks(family: Family, [what, , [type, name, revision]]: Foreign): Promise<boolean> {
  const socket = await rawSocket(family)
  const has = socket.hasRevision(type, name, revision)
  socket.close()
  if (!has) console.warn(`not tried: ${what}; this kernel has no ${type} ${name} of revision ${revision} for ${family}`)
  return !has
}

describeKernel('a rule that this library has no words for', () => {
  describe.each(FAMILIES)('of family %s', (family) => {
    beforeEach(() =>
      withTables((xt) =>
        xt.transaction((tx) => {
          tx[family].restore({ filter: {} })
        }),
      ),
    )

    /** Changes the table in many ways around a foreign rule, which the kernel has as the second of INPUT. */
    async function survives(rule: RuleInput): Promise<Rule> {
      const plain = encodeEntry({ protocol: 'tcp', ...ACCEPT }, { family })
      await rawPrepend(family, [plain, encodeEntry(rule, { family }), plain])
      const second = async () => (await rawEntries(family))[1]
      const before = await second()
      const started = (await rawEntries(family)).join()
      return withTables(async (xt) => {
        await xt.transaction((tx) => tx[family].append(TABLE, 'OUTPUT', parseRule('-p udp')))
        expect(await second()).toBe(before)
        await xt.transaction(({ [family]: tx }) => {
          tx.newChain(TABLE, 'a-chain')
          tx.append(TABLE, 'a-chain', parseRule('-p udp -j RETURN'))
          tx.insert(TABLE, 'INPUT', parseRule('-p udp -j a-chain'))
          tx.delete(TABLE, 'INPUT', 2)
        })
        expect(await second()).toBe(before)
        await xt.transaction(({ [family]: tx }) => {
          tx.replace(TABLE, 'INPUT', 1, { protocol: 'tcp', ...ACCEPT })
          tx.flush(TABLE, 'a-chain')
          tx.deleteChain(TABLE, 'a-chain')
          tx.delete(TABLE, 'OUTPUT', 1)
        })
        expect((await rawEntries(family)).join()).toBe(started)
        return (await xt[family].readAll()).filter?.INPUT?.rules[1] as Rule
      })
    }

    /** Takes the rule out by what was read, and puts all back from data and from text: the same bytes again. */
    async function comesBack(): Promise<void> {
      const before = await rawEntries(family)
      await withTables(async (xt) => {
        const ruleset = await xt[family].readAll()
        const text = formatRuleset(ruleset, { family, counters: true })
        await xt.transaction((tx) => tx[family].delete(TABLE, 'INPUT', ruleset.filter?.INPUT?.rules[1] as Rule))
        expect(await rawEntries(family)).toEqual(before.filter((_, i) => i !== 1))
        for (const again of [ruleset, parseRuleset(text, { family })]) {
          await xt.transaction((tx) => tx[family].restore({ filter: {} }))
          expect(await rawEntries(family)).toHaveLength(4)
          await xt.transaction((tx) => tx[family].restore({ filter: again.filter as never }))
          expect(await rawEntries(family)).toEqual(before)
        }
      })
    }

    test.each([...UNKNOWN, ...OLD])('is kept byte for byte: %s', async (...foreign) => {
      if (await lacks(family, foreign)) return
      await survives(foreign[1])
    })

    test.each(UNKNOWN)('comes back the same from data and from text: %s', async (...foreign) => {
      if (await lacks(family, foreign)) return
      const found = await survives(foreign[1])
      expect(found.matches).toEqual(foreign[1].matches)
      expect(found.target).toEqual({ target: 'ACCEPT' })
      await comesBack()
    })

    test.each(OLD)('of which the revision is another is deleted by what was read of it: %s', async (...foreign) => {
      if (await lacks(family, foreign)) return
      await survives(foreign[1])
      const before = await rawEntries(family)
      await withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          const found = (await tx.rules(TABLE, 'INPUT'))[1] as Rule
          expect(await tx.has(TABLE, 'INPUT', found)).toBe(true)
          tx.delete(TABLE, 'INPUT', found)
        }),
      )
      expect(await rawEntries(family)).toEqual(before.filter((_, i) => i !== 1))
    })

    test.each(HEADERS)('is kept byte for byte, and comes back from data and text, with %s', async (_, rule) => {
      const given = rule(family)
      const { header: kept } = await survives(given)
      expect(kept === undefined || kept === given.header).toBe(true)
      await comesBack()
    })

    test('is kept when its chain is replaced by what was read, with a rule more', async () => {
      const [, rule] = UNKNOWN[0] as Foreign
      await rawPrepend(family, [encodeEntry(rule, { family })])
      const [before] = await rawEntries(family)
      await withTables((xt) =>
        xt.transaction(async ({ [family]: tx }) => {
          tx.replaceChain(TABLE, 'INPUT', [...(await tx.rules(TABLE, 'INPUT')), parseRule('-p tcp')])
        }),
      )
      const entries = await rawEntries(family)
      expect([entries[0], entries.length]).toEqual([before, 6])
    })
  })
})
