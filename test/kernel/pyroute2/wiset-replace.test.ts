import { IPSet, testIpsetEntries, WiSet } from '../../../src/index.js'
import { describeKernel } from '../../support/kernel.js'
import { removeAllSets, testBothWays } from '../../support/sets.js'

describeKernel('pyroute2 test_wiset.py: replaced entries', () => {
  afterEach(removeAllSets)

  testBothWays('list_in: of many entries those in the set are found', async (sock) => {
    const good = ['192.0.2.1', '192.0.2.2', '198.51.100.7']
    const bad = ['192.0.2.3', '203.0.113.1']
    await using set = new WiSet({ name: 'web', sock })
    await set.create()
    await set.replaceEntries(good)
    expect(await set.testList([...bad, ...good])).toEqual(new Set(good))
    expect(await testIpsetEntries('web', [...good, ...bad], { sock })).toEqual(new Set(good))
    expect(await set.testList(bad)).toEqual(new Set())
  })

  testBothWays('replace_content: with the entries of an array, and of a Set', async (sock) => {
    await using set = new WiSet({ name: 'web', sock })
    await set.create()
    await set.insertList(['192.0.2.1', '192.0.2.2'])
    for (const entries of [['192.0.2.2', '192.0.2.3'], new Set(['198.51.100.1', '198.51.100.2', '192.0.2.1'])]) {
      await set.replaceEntries(entries)
      expect([...(await set.updateContent()).keys()].sort()).toEqual([...entries].sort())
    }
  })

  testBothWays('replace_content_with_comment: entries bring their comments', async (sock) => {
    await using set = new WiSet({ name: 'web', sock, comment: true })
    await set.create()
    await set.insertList([{ entry: '192.0.2.1', comment: 'first' }])
    expect((await set.content).get('192.0.2.1')?.comment).toBe('first')
    await set.replaceEntries([
      { entry: '192.0.2.1', comment: 'again' },
      { entry: '192.0.2.2', comment: 'second' },
      { entry: '192.0.2.3' },
      '192.0.2.4',
    ])
    const comments = [...(await set.updateContent())].map(([key, { comment }]) => [key, comment]).sort()
    expect(comments).toEqual([
      ['192.0.2.1', 'again'],
      ['192.0.2.2', 'second'],
      ['192.0.2.3', undefined],
      ['192.0.2.4', undefined],
    ])
  })
})

describeKernel('pyroute2 test_wiset.py: the asynchronous class', () => {
  afterEach(removeAllSets)

  test('async_replace_entries: entries are swapped and no other set is left', async () => {
    await using ipset = new IPSet()
    await using set = new WiSet({ name: 'web' })
    await set.create()
    await set.insertList(['192.0.2.1', '192.0.2.2'])
    await set.replaceEntries(['192.0.2.2', '192.0.2.3'])
    expect([...(await set.content).keys()].sort()).toEqual(['192.0.2.2', '192.0.2.3'])
    expect(await ipset.names()).toEqual(['web'])
  })

  test('async_add_delete: an entry is there from add to delete', async () => {
    await using set = new WiSet({ name: 'web' })
    await set.create()
    await set.add('192.0.2.1')
    expect((await set.content).has('192.0.2.1')).toBe(true)
    await set.delete('192.0.2.1')
    expect((await set.updateContent()).has('192.0.2.1')).toBe(false)
  })

  test('complicated_objects: comment and mark of an entry come back as they were given', async () => {
    await using set = new WiSet({ name: 'web', attrType: 'hash:net', comment: true, skbinfo: true, counters: true })
    await set.create()
    await set.add('192.0.2.0/24', { comment: 'a comment', skbmark: '0xa/0xff' })
    const entry = (await set.content).get('192.0.2.0/24')
    expect(entry).toMatchObject({ comment: 'a comment', skbmark: '0xa/0xff', packets: 0n, bytes: 0n })
  })

  test('async_flush: one entry, then none', async () => {
    await using set = new WiSet({ name: 'web' })
    await set.create()
    await set.add('192.0.2.1')
    expect((await set.content).size).toBe(1)
    await set.flush()
    expect((await set.updateContent()).size).toBe(0)
  })
})

describeKernel('pyroute2 test_wiset.py: networks with an interface', () => {
  afterEach(removeAllSets)

  test('physdev: content says which interfaces are bridge ports', async () => {
    await using set = new WiSet({ name: 'web', attrType: 'hash:net,iface' })
    await set.create()
    await set.add('192.168.1.0/24,eth0')
    await set.add('192.168.2.0/24,eth0', { physdev: true })
    await set.add('192.168.3.0/24,eth0', { physdev: false })
    const physdev = [...(await set.content)].map(([key, entry]) => [key, entry.physdev]).sort()
    expect(physdev).toEqual([
      ['192.168.1.0/24,eth0', false],
      ['192.168.2.0/24,eth0', true],
      ['192.168.3.0/24,eth0', false],
    ])
  })

  test('wildcard_entries: content says which interfaces are prefixes', async () => {
    await using set = new WiSet({ name: 'web', attrType: 'hash:net,iface' })
    await set.create()
    await set.add('192.168.1.0/24,eth', { wildcard: true })
    await set.add('192.168.2.0/24,eth0', { wildcard: false })
    const wildcard = [...(await set.content)].map(([key, entry]) => [key, entry.wildcard]).sort()
    expect(wildcard).toEqual([
      ['192.168.1.0/24,eth', true],
      ['192.168.2.0/24,eth0', false],
    ])
    expect(await set.test('192.168.1.0/24,eth')).toBe(true)
  })
})
