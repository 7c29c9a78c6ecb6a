import {
  addIpsetEntry,
  deleteIpsetEntry,
  flushIpset,
  IPSet,
  loadIpset,
  testIpsetEntry,
  updateWisetContent,
  WiSet,
} from '../../../src/index.js'
import { describeKernel } from '../../support/kernel.js'
import { describedIn, removeAllSets, testBothWays } from '../../support/sets.js'
import { eventually } from '../../support/waiting.js'

describeKernel('pyroute2 test_wiset.py: entries', () => {
  afterEach(removeAllSets)

  testBothWays(
    'check_ipset_stats: counters are those given, 0 when none are given, absent without counters',
    async (sock) => {
      await using set = new WiSet({ name: 'web', sock, counters: true })
      await set.create()
      await set.add('192.0.2.1', { packets: 10, bytes: 1000 })
      await set.add('192.0.2.2')
      const before = await set.content
      expect(before.get('192.0.2.1')).toMatchObject({ packets: 10n, bytes: 1000n })
      expect(before.get('192.0.2.2')).toMatchObject({ packets: 0n, bytes: 0n })
      await set.flush()
      await set.add('192.0.2.1')
      expect((await set.updateContent()).get('192.0.2.1')).toMatchObject({ packets: 0n, bytes: 0n })
      await set.add('192.0.2.1', { packets: 5, bytes: 5, exclusive: false })
      expect((await set.updateContent()).get('192.0.2.1')).toMatchObject({ packets: 5n, bytes: 5n })
      await set.add('192.0.2.1', { exclusive: false })
      expect((await set.updateContent()).get('192.0.2.1')).toMatchObject({ packets: 0n, bytes: 0n })

      await using plain = new WiSet({ name: 'plain', sock })
      await plain.create()
      await plain.add('192.0.2.1')
      expect((await plain.content).get('192.0.2.1')).toMatchObject({ packets: undefined, bytes: undefined })
    },
  )

  testBothWays('ipset_with_comment: the comment is in the content', async (sock) => {
    await using set = new WiSet({ name: 'web', sock, comment: true })
    await set.create()
    await set.add('192.0.2.1', { comment: 'test comment' })
    await set.add('192.0.2.2')
    const content = await set.content
    expect(content.get('192.0.2.1')?.comment).toBe('test comment')
    expect(content.get('192.0.2.2')?.comment).toBeUndefined()
  })

  testBothWays(
    'ipset_with_skbinfo: a mark is given as a pair or as text, and read as text without a full mask',
    async (sock) => {
      await using set = new WiSet({ name: 'web', sock, skbinfo: true })
      await set.create()
      await set.add('192.0.2.200', { skbmark: [200, 200] })
      await set.add('192.0.2.201', { skbmark: [201, 0xffff_ffff] })
      await set.add('192.0.2.202', { skbmark: '0xca/0xca' })
      await set.add('192.0.2.203', { skbmark: '0xCB' })
      const marks = [...(await set.content)].map(([entry, { skbmark }]) => [entry, skbmark]).sort()
      expect(marks).toEqual([
        ['192.0.2.200', '0xc8/0xc8'],
        ['192.0.2.201', '0xc9'],
        ['192.0.2.202', '0xca/0xca'],
        ['192.0.2.203', '0xcb'],
      ])
    },
  )

  testBothWays('remove_entry: content is kept until it is updated', async (sock) => {
    await using set = new WiSet({ name: 'web', sock, counters: true })
    await set.create()
    await set.add('192.0.2.1', { packets: 10, bytes: 10 })
    expect([...(await set.content).keys()]).toEqual(['192.0.2.1'])
    await set.delete('192.0.2.1')
    expect((await set.content).has('192.0.2.1')).toBe(true)
    await set.updateContent()
    expect((await set.content).has('192.0.2.1')).toBe(false)

    await addIpsetEntry('web', '192.0.2.2', { sock })
    await updateWisetContent(set, { sock })
    expect([...(await set.content).keys()]).toEqual(['192.0.2.2'])
    await deleteIpsetEntry('web', '192.0.2.2', { sock })
    await updateWisetContent(set, { sock })
    expect((await set.content).size).toBe(0)
  })

  testBothWays('flush: what was in the set is not any more', async (sock) => {
    await using set = new WiSet({ name: 'web', sock })
    await set.create()
    for (const flush of [() => set.flush(), () => flushIpset('web', { sock })]) {
      for (const entry of ['192.0.2.1', '192.0.2.2']) await set.add(entry)
      expect(await set.test('192.0.2.1')).toBe(true)
      expect(await testIpsetEntry('web', '192.0.2.2', { sock })).toBe(true)
      await flush()
      expect(await set.test('192.0.2.1')).toBe(false)
      expect(await testIpsetEntry('web', '192.0.2.2', { sock })).toBe(false)
    }
  })

  testBothWays('timeout: entries expire at the default of the set, unless they say 0', async (sock) => {
    await using set = new WiSet({ name: 'web', sock, timeout: 1 })
    await set.create()
    await set.add('192.0.2.1')
    expect((await set.content).get('192.0.2.1')?.timeout).toBeLessThanOrEqual(1)
    await using loaded = await loadIpset('web', { sock })
    expect(loaded?.timeout).toBe(1)
    await set.add('192.0.2.2', { timeout: 0 })
    await eventually(async () => !(await set.test('192.0.2.1')))
    const content = await set.updateContent()
    expect([...content.keys()]).toEqual(['192.0.2.2'])
    expect(content.get('192.0.2.2')?.timeout).toBe(0)
  })

  testBothWays('hash_net_ipset: the keys are the networks that were added', async (sock) => {
    const networks = ['192.168.1.0/24', '192.168.2.0/23', '10.0.0.0/8', '198.51.100.128/25']
    await using set = new WiSet({ name: 'web', attrType: 'hash:net', sock })
    await set.create()
    await set.insertList(networks)
    expect([...(await set.content).keys()].sort()).toEqual([...networks].sort())
  })

  testBothWays('two_dimensions_ipset: the keys are the pairs that were added', async (sock) => {
    const pairs = ['192.168.1.0/24,eth0', '192.168.2.0/23,eth1', '10.0.0.0/8,wlan0']
    await using set = new WiSet({ name: 'web', attrType: 'hash:net,iface', sock })
    await set.create()
    await set.insertList(pairs)
    const content = await set.content
    expect([...content.keys()].sort()).toEqual([...pairs].sort())
    expect([...content.values()].map(({ wildcard }) => wildcard)).toEqual([false, false, false])
  })

  testBothWays(
    'hashnet_with_comment: a host in hash:net has a key with /32, and a loaded set may share the socket',
    async (sock) => {
      await using set = new WiSet({ name: 'web', attrType: 'hash:net', sock, comment: true })
      await set.create()
      await set.add('192.168.1.1', { comment: 'a host' })
      await using loaded = await loadIpset('web', { sock, inheritSock: sock !== undefined, content: true })
      expect([...(await loaded!.content)].map(([key, { comment }]) => [key, comment])).toEqual([
        ['192.168.1.1/32', 'a host'],
      ])
      if (sock) expect(loaded?.sock).toBe(sock)
      expect((await loaded!.updateContent()).size).toBe(1)
    },
  )

  testBothWays('add_ipstats: what was read of an entry is put back by add', async (sock) => {
    const options = { counters: true, comment: true, skbinfo: true }
    await using set = new WiSet({ name: 'web', sock, ...options })
    await set.create()
    await set.add('192.0.2.1', { packets: 42, bytes: 4242, comment: 'kept', skbmark: [0x10, 0xff] })
    const stats = (await set.content).get('192.0.2.1')!
    expect(stats).toMatchObject({ packets: 42n, bytes: 4242n, comment: 'kept', skbmark: '0x10/0xff' })
    await using copy = new WiSet({ name: 'copy', sock, ...options })
    await copy.create()
    await copy.add('192.0.2.1', { ...stats })
    await copy.add('192.0.2.2', stats)
    expect(await copy.content).toEqual(
      new Map([
        ['192.0.2.1', stats],
        ['192.0.2.2', stats],
      ]),
    )
  })
})

describeKernel('an entry of a WiSet as an object', () => {
  afterEach(removeAllSets)

  test('keeps the counters that it brings', async () => {
    await using set = new WiSet({ name: 'web', counters: true, comment: true })
    await set.create()
    await set.add({ entry: '192.0.2.1', packets: 42, bytes: 4242, comment: 'its own' })
    expect((await set.content).get('192.0.2.1')).toMatchObject({ packets: 42n, bytes: 4242n, comment: 'its own' })
  })

  test('goes before the options of the call, in add as in addAll', async () => {
    await using ipset = new IPSet()
    await ipset.create('web', { comment: true })
    await ipset.add('web', { entry: '192.0.2.1', comment: 'its own' }, { comment: 'of the call' })
    await ipset.addAll('web', [{ entry: '192.0.2.2', comment: 'its own' }, '192.0.2.3'], { comment: 'of the call' })
    expect(await describedIn(ipset, 'web')).toEqual([
      { entry: '192.0.2.1', comment: 'its own' },
      { entry: '192.0.2.2', comment: 'its own' },
      { entry: '192.0.2.3', comment: 'of the call' },
    ])
  })
})
