import { IPSet, loadAllIpsets, loadIpset, WiSet } from '../../../src/index.js'
import { be16, be32, done, fakeIpset, ipv4, listed, u8 } from '../../support/fake-ipset.js'
import { describeKernel } from '../../support/kernel.js'
import { headerOf, removeAllSets } from '../../support/sets.js'

/** The content of a set as the fake kernel lists it. */
async function contentOf(type: string, entries: readonly (readonly Buffer[])[]) {
  const transport = fakeIpset({
    list: (asked) => [
      listed(asked, { name: 'web', type, revision: 1, create: [be32(18, 1024), be32(19, 65536)], entries }),
      done(asked),
    ],
  })
  await using sock = new IPSet({ transport })
  return await new WiSet({ name: 'web', sock }).content
}

describeKernel('bugs of pyroute2 turned right: what is read from a set', () => {
  let sock: IPSet
  beforeEach(() => {
    sock = new IPSet()
  })
  afterEach(async () => {
    sock.close()
    await removeAllSets()
  })

  test('bug 1: sets of IPv6 are loaded, filled and replaced without saying so each time', async () => {
    const set = new WiSet({ name: 'six', attrType: 'hash:net', family: 'inet6', sock })
    await set.create()
    await set.add('2001:db8::/32')
    await set.add('2001:db8::1')
    const loaded = await loadIpset('six', { content: true, sock, inheritSock: true })
    expect(loaded?.family).toBe('inet6')
    expect([...(await loaded!.content).keys()].sort()).toEqual(['2001:db8::/32', '2001:db8::1/128'])
    expect([...(await (await loadAllIpsets({ content: true, sock })).get('six')!.content).keys()]).toHaveLength(2)
    await loaded!.add('2001:db8:1::/48')
    expect(await loaded!.test('2001:db8:1::7')).toBe(true)
    await loaded!.delete('2001:db8:1::/48')
    await loaded!.replaceEntries(['fd00::/8', '2001:db8:2::/48'])
    expect([...(await loaded!.updateContent()).keys()].sort()).toEqual(['2001:db8:2::/48', 'fd00::/8'])
    expect((await headerOf(sock, 'six')).family).toBe('inet6')
    expect(await sock.names()).toEqual(['six'])
  })

  test.each([
    ['hash:ip,port,ip', ['192.0.2.1,tcp:80,198.51.100.1', '192.0.2.1,tcp:80,198.51.100.2']],
    ['hash:ip,port,net', ['192.0.2.1,tcp:80,10.0.0.0/8', '192.0.2.1,tcp:80,198.51.100.0/24']],
  ])('bug 2: keys of %s have both addresses, so that entries do not collapse', async (attrType, entries) => {
    const set = new WiSet({ name: 'web', attrType, sock })
    await set.create()
    await set.insertList(entries)
    expect([...(await set.content).keys()].sort()).toEqual(entries)
  })

  test('bug 10: an exception is added with nomatch, seen in the content, and kept by a replacement', async () => {
    const set = new WiSet({ name: 'web', attrType: 'hash:net', sock })
    await set.create()
    await set.add('10.0.0.0/8')
    await set.add('10.1.0.0/16', { nomatch: true })
    expect(await set.test('10.2.0.1')).toBe(true)
    expect(await set.test('10.1.0.1')).toBe(false)
    const content = await set.content
    expect([...content].map(([key, { nomatch }]) => [key, nomatch]).sort()).toEqual([
      ['10.0.0.0/8', false],
      ['10.1.0.0/16', true],
    ])
    await set.replaceEntries([...content].map(([entry, stats]) => ({ entry, ...stats })))
    expect(await set.updateContent()).toEqual(content)
    expect(await set.test('10.1.0.1')).toBe(false)
  })

  test('bug 11: content has class and queue of an entry, and gives them back', async () => {
    const set = new WiSet({ name: 'web', skbinfo: true, sock })
    await set.create()
    await set.add('192.0.2.1', { skbmark: 1, skbprio: [1, 10], skbqueue: 3 })
    const content = await set.content
    const { skbmark, skbprio, skbqueue } = content.get('192.0.2.1')!
    expect({ skbmark, skbprio, skbqueue }).toEqual({ skbmark: '0x1', skbprio: [1, 10], skbqueue: 3 })
    await set.flush()
    await set.add('192.0.2.1', content.get('192.0.2.1'))
    expect(await set.updateContent()).toEqual(content)
  })

  test('bug 14: netmask is a number and bitmask an address', async () => {
    await sock.create('cut', { netmask: 24 })
    await sock.create('holed', { bitmask: '255.255.0.255' })
    expect((await headerOf(sock, 'cut')).netmask).toBe(24)
    expect((await headerOf(sock, 'holed')).bitmask).toBe('255.255.0.255')
    await sock.add('holed', '192.0.2.1')
    expect(await sock.test('holed', '192.0.77.1')).toBe(true)
  })

  test('bug 21: the size of the hash is read, and kept by a replacement', async () => {
    const set = new WiSet({ name: 'web', hashsize: 4096, sock })
    await set.create()
    expect((await loadIpset('web', { sock }))?.hashsize).toBe(4096)
    await set.replaceEntries(['192.0.2.1'])
    expect((await loadIpset('web', { sock }))?.hashsize).toBe(4096)
  })
})

describe('bugs of pyroute2 turned right: what is read from a set of a fake kernel', () => {
  test('bug 2: keys of hash:net,net have both networks (bytes from a fake kernel)', async () => {
    const content = await contentOf('hash:net,net', [
      [ipv4(1, '10.0.0.0'), u8(3, 8), ipv4(20, '192.0.2.0'), u8(21, 24)],
      [ipv4(1, '10.0.0.0'), u8(3, 8), ipv4(20, '198.51.100.0'), u8(21, 25)],
    ])
    expect([...content.keys()]).toEqual(['10.0.0.0/8,192.0.2.0/24', '10.0.0.0/8,198.51.100.0/25'])
  })

  test('bug 2: keys of hash:net,port,net have both networks (bytes from a fake kernel)', async () => {
    const content = await contentOf('hash:net,port,net', [
      [ipv4(1, '10.0.0.0'), u8(3, 8), be16(4, 53), u8(7, 17), ipv4(20, '192.0.2.0'), u8(21, 24)],
      [ipv4(1, '10.0.0.0'), u8(3, 8), be16(4, 53), u8(7, 17), ipv4(20, '192.0.2.1'), u8(21, 32)],
    ])
    expect([...content.keys()]).toEqual(['10.0.0.0/8,udp:53,192.0.2.0/24', '10.0.0.0/8,udp:53,192.0.2.1/32'])
  })

  test('bug 14: what a set is made of has names and plain values (bytes from a fake kernel)', async () => {
    const create = [
      be32(18, 1024),
      be32(19, 65536),
      u8(20, 18),
      ipv4(12, '255.255.192.0'),
      u8(22, 50),
      be32(11, 0xff00),
    ]
    const transport = fakeIpset({
      list: (asked) => [listed(asked, { name: 'web', type: 'hash:ip', revision: 6, create }), done(asked)],
    })
    await using ipset = new IPSet({ transport })
    const header = await headerOf(ipset, 'web')
    expect(header).toMatchObject({
      netmask: 18,
      bitmask: '255.255.192.0',
      markmask: 0xff00,
      hashsize: 1024,
      maxelem: 65536,
    })
    expect(header).not.toHaveProperty('unknown')
  })
})
