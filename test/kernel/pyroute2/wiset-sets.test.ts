import {
  AlreadyExists,
  createIpset,
  destroyIpset,
  IPSet,
  type IPStats,
  loadAllIpsets,
  loadIpset,
  testIpsetExist,
  WiSet,
} from '../../../src/index.js'
import { describeKernel } from '../../support/kernel.js'
import { headerOf, removeAllSets, testBothWays } from '../../support/sets.js'

describeKernel('pyroute2 test_wiset.py: sets', () => {
  afterEach(removeAllSets)

  testBothWays('create_one_ipset: a set is there from create to destroy', async (sock) => {
    await using set = new WiSet({ name: 'web', sock })
    await set.create()
    expect([...(await loadAllIpsets({ sock })).keys()]).toEqual(['web'])
    expect((await loadAllIpsets({ sock, prefix: 'we' })).get('web')?.attrType).toBe('hash:ip')
    expect((await loadAllIpsets({ sock, prefix: 'x' })).size).toBe(0)
    expect(await testIpsetExist('web', { sock })).toBe(true)
    await set.destroy()
    expect((await loadAllIpsets({ sock })).size).toBe(0)
    expect(await testIpsetExist('web', { sock })).toBe(false)
  })

  testBothWays('create_ipset_twice: a second time is refused only when exclusive', async (sock) => {
    await using set = new WiSet({ name: 'web', sock })
    await set.create()
    await expect(set.create({ exclusive: true })).rejects.toThrow(AlreadyExists)
    await set.create()
    await set.create({ exclusive: false })
    await createIpset('web', { sock })
    await expect(createIpset('web', { sock, exclusive: true })).rejects.toThrow(AlreadyExists)
  })

  testBothWays('basic_attribute_reads: what a set was made with is read back', async (sock) => {
    for (const value of [true, false]) {
      await using set = new WiSet({ name: 'web', sock, comment: value, counters: value })
      await set.create()
      await using loaded = await loadIpset('web', { sock })
      expect(loaded?.comment).toBe(value)
      expect(loaded?.counters).toBe(value)
      expect(loaded?.skbinfo).toBe(false)
      expect(loaded?.family).toBe('inet')
      expect(loaded?.index).toEqual(expect.any(Number))
      await set.destroy()
    }
  })

  testBothWays('revision: a set gets the newest revision of its type', async (sock) => {
    await using set = new WiSet({ name: 'web', attrType: 'hash:net', sock })
    await set.create()
    const { max } = await set.sock.getSupportedRevisions('hash:net')
    await using loaded = await loadIpset('web', { sock })
    expect(loaded?.revision).toBeGreaterThanOrEqual(6)
    expect(loaded?.revision).toBe(Math.min(max, 7))
  })

  testBothWays(
    'force_attr_revision: a set gets the revision asked for, of the socket or of the set',
    async (sock) => {
      await using set = new WiSet({ name: 'web', attrType: 'hash:net', sock, ...(sock ? {} : { revision: 2 }) })
      await set.create()
      await using loaded = await loadIpset('web', { sock })
      expect(loaded?.revision).toBe(2)
    },
    { attrRevision: 2 },
  )

  testBothWays('stats_consistency: one set and all sets are loaded alike', async (sock) => {
    await using set = new WiSet({ name: 'web', sock, counters: true })
    await set.create()
    await set.add('192.0.2.1', { packets: 10, bytes: 100 })
    await set.add('192.0.2.2', { packets: 10, bytes: 20000 })
    await using other = new WiSet({ name: 'other', sock })
    await other.create()
    const all = await loadAllIpsets({ sock, content: true })
    const one = await loadIpset('web', { sock, content: true })
    expect(await all.get('web')?.content).toEqual(await one?.content)
    expect(await one?.content).toEqual(
      new Map([
        ['192.0.2.1', stats({ packets: 10n, bytes: 100n })],
        ['192.0.2.2', stats({ packets: 10n, bytes: 20000n })],
      ]),
    )
    expect((await all.get('other')?.content)?.size).toBe(0)
  })

  testBothWays('list_on_large_set: 30,000 entries are loaded, whatever the number of messages', async (sock) => {
    await using set = new WiSet({ name: 'web', sock })
    await set.create()
    for (let i = 0; i < 30_000; i++) await set.add(`10.10.${i >> 8}.${i & 255}`)
    const content = await set.content
    expect(content.size).toBe(30_000)
    expect(content.has('10.10.0.0')).toBe(true)
    expect(content.has('10.10.117.47')).toBe(true) // 117 * 256 + 47 = 29,999
    await using loaded = await loadIpset('web', { sock, content: true })
    expect((await loaded?.content)?.size).toBe(30_000)
  })
})

describeKernel('pyroute2 test_wiset.py: sets that are not there', () => {
  afterEach(removeAllSets)

  test('invalid_load_ipset: a missing set is loaded as undefined', async () => {
    expect(await loadIpset('missing')).toBeUndefined()
    expect(await loadIpset('missing', { content: true })).toBeUndefined()
  })

  test('invalid_async_ipset: the content of a missing set is a NoSuchObject', async () => {
    await using set = new WiSet({ name: 'missing' })
    await expect(set.content).rejects.toMatchObject({ name: 'NoSuchObject', errnoName: 'ENOENT', set: 'missing' })
    await expect(destroyIpset('missing')).rejects.toMatchObject({ name: 'NoSuchObject', set: 'missing' })
    await using ipset = new IPSet()
    await set.create()
    expect((await set.content).size).toBe(0)
    expect((await headerOf(ipset, 'missing')).elements).toBe(0)
  })
})

/** What is known of an entry of a plain set, and `more`. */
function stats(more: Partial<IPStats>): IPStats {
  const unknown = { packets: undefined, bytes: undefined, comment: undefined, timeout: undefined }
  const skbinfo = { skbmark: undefined, skbprio: undefined, skbqueue: undefined }
  return { ...unknown, ...skbinfo, physdev: false, wildcard: false, nomatch: false, ...more }
}
