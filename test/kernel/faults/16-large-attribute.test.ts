import { IPSet } from '../../../src/index.js'
import { messages, openTransport, Recorder } from '../../../src/netlink/index.js'
import { describeKernel, run } from '../../support/kernel.js'
import { entriesIn, removeAllSets } from '../../support/sets.js'
import { describeTables, ownLock, rejection } from '../../support/xtables.js'

ownLock()

/** The most that the length of an attribute can say. */
const MOST = 65_535

describeKernel('16. more than an attribute of 65,535 bytes holds', () => {
  beforeEach(removeAllSets)

  test('of entries is split: 100,000 arrive, and no attribute is longer', async () => {
    const recorder = new Recorder(await openTransport())
    await using ipset = new IPSet({ transport: recorder })
    await ipset.create('ban', { maxelem: 200_000, comment: true })
    const entries = Array.from({ length: 100_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
    expect(await ipset.addAll('ban', entries, { comment: 'x'.repeat(40) })).toBe(100_000)
    expect(await entriesIn(ipset, 'ban')).toEqual([...entries].sort())

    const sent = recorder.capture.frames.filter(({ direction }) => direction === 'sent')
    const lengths = sent.flatMap(({ bytes }) => [...messages(bytes)].map(({ body }) => body.left))
    // Behind nfgenmsg, protocol, name and line number there is one attribute of all entries.
    expect(Math.max(...lengths)).toBeGreaterThan(60_000)
    expect(Math.max(...lengths)).toBeLessThan(MOST + 40)
    expect(lengths.filter((length) => length > 10_000).length).toBeGreaterThan(100)
  })

  test('of a comment that is the longest there is, in every entry, is split as well', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban', { comment: true })
    const comment = 'ä'.repeat(127)
    const entries = Array.from({ length: 1000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
    expect(await ipset.addAll('ban', entries, { comment })).toBe(1000)
    expect(run('ipset', ['save', 'ban']).split('\n').filter((line) => line.includes(comment))).toHaveLength(1000)
  })
})

describeTables('16. a rule that is longer than a rule of %s can be', (tables) => {
  test('is refused before anything is sent: a length is never cut to 16 bits', async () => {
    const before = [tables.saved('ip'), await tables.raw('ip')]
    for (const size of [MOST - 8, MOST, MOST + 1, 2 * MOST, 100_000]) {
      const rule = { matches: [{ match: 'unknown', name: 'nosuch', revision: 0, info: '00'.repeat(size) }] } as const
      const error = await rejection(tables.withTables((xt) => xt.transaction((tx) => tx.ip.append('filter', 'INPUT', rule))))
      expect([error.name, (error as Error & { path: string }).path]).toEqual(['InputError', expect.stringContaining('filter INPUT rule 1')])
    }
    expect([tables.saved('ip'), await tables.raw('ip')]).toEqual(before)
  })
})
