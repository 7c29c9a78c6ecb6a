import { type CreateOptions, InputError, IPSet, WiSet } from '../../../src/index.js'
import { fakeIpset, header, sentTo } from '../../support/fake-ipset.js'
import { describeKernel } from '../../support/kernel.js'
import { describedIn, entriesIn, headerOf, removeAllSets } from '../../support/sets.js'

describeKernel('bugs of pyroute2 turned right: entries', () => {
  let sock: IPSet
  beforeEach(() => {
    sock = new IPSet()
  })
  afterEach(async () => {
    sock.close()
    await removeAllSets()
  })

  test('bug 9: an entry with a bridge port is tested and deleted, apart from the one without', async () => {
    const set = new WiSet({ name: 'web', attrType: 'hash:net,iface', sock })
    await set.create()
    await set.add('10.0.0.0/8,eth0', { physdev: true })
    expect(await set.test('10.0.0.0/8,eth0', { physdev: true })).toBe(true)
    expect(await set.test('10.0.0.0/8,physdev:eth0')).toBe(true)
    expect(await set.test('10.0.0.0/8,eth0')).toBe(false)
    await set.add('10.0.0.0/8,eth0')
    const both = [...(await set.content).values()].map(({ physdev }) => physdev).sort()
    expect(both).toEqual([false, true])
    await set.delete('10.0.0.0/8,eth0', { physdev: true })
    expect(await describedIn(sock, 'web')).toEqual([{ entry: '10.0.0.0/8,eth0' }])
    await expect(set.delete('10.0.0.0/8,eth0', { physdev: true })).rejects.toMatchObject({
      errnoName: 'IPSET_ERR_EXIST',
    })
  })

  test('bug 12: members of a list stand before or after others, are tested and deleted by place', async () => {
    await sock.create('list', { stype: 'list:set' })
    for (const name of ['a', 'b', 'c', 'd']) await sock.create(name)
    const order = async () => {
      const members: string[] = []
      for await (const { entry } of sock.entries('list')) members.push(entry)
      return members
    }
    await sock.add('list', 'a')
    await sock.add('list', 'b', { before: 'a' })
    await sock.add('list', 'c', { after: 'b' })
    await sock.add('list', 'd,before,c')
    expect(await order()).toEqual(['b', 'd', 'c', 'a'])
    expect(await sock.test('list', 'd', { before: 'c' })).toBe(true)
    expect(await sock.test('list', 'd,after,c')).toBe(false)
    await sock.delete('list', 'c', { before: 'a' })
    expect(await order()).toEqual(['b', 'd', 'a'])
    await expect(sock.add('list', 'c', { before: 'a', after: 'b' })).rejects.toThrow(InputError)
  })

  const ports: [stype: string, entry: string, listed: string[]][] = [
    ['hash:ip,port', '192.0.2.1,80', ['192.0.2.1,tcp:80']],
    ['hash:ip,port', '192.0.2.1,tcp:80', ['192.0.2.1,tcp:80']],
    ['hash:ip,port', '192.0.2.1,udp:80-82', ['192.0.2.1,udp:80', '192.0.2.1,udp:81', '192.0.2.1,udp:82']],
    ['hash:ip,port', '192.0.2.1,icmp:echo-request', ['192.0.2.1,icmp:echo-request']],
    ['hash:ip,port', '192.0.2.1,icmp:8/0', ['192.0.2.1,icmp:echo-request']],
    ['hash:ip,port,ip', '192.0.2.1,sctp:80,192.0.2.2', ['192.0.2.1,sctp:80,192.0.2.2']],
    ['hash:net,port', '10.0.0.0/8,vrrp:0', ['10.0.0.0/8,vrrp:0']],
    ['bitmap:port', '80', ['80']],
    ['bitmap:port', 'tcp:80-81', ['80', '81']],
  ]
  test.each(ports)('bug 17: ports are written as text, in %s as %s', async (stype, entry, listed) => {
    await sock.create('web', { stype, ...(stype === 'bitmap:port' ? { range: '0-1023' } : {}) })
    await sock.add('web', entry)
    expect(await entriesIn(sock, 'web')).toEqual(listed)
    await sock.delete('web', entry)
    expect(await entriesIn(sock, 'web')).toEqual([])
  })

  const keyed: [options: CreateOptions, entries: string[]][] = [
    [{ stype: 'bitmap:port', range: '0-1023' }, ['80', '443']],
    [
      { stype: 'hash:ip,port' },
      ['192.0.2.1,tcp:80', '192.0.2.1,udp:53', '192.0.2.1,icmp:ping', '192.0.2.1,icmp:77/3', '192.0.2.1,vrrp:0'],
    ],
    [{ stype: 'hash:ip,port', family: 'inet6' }, ['2001:db8::1,tcp:80', '2001:db8::1,icmpv6:ping']],
    [{ stype: 'hash:net,port' }, ['10.0.0.0/8,tcp:80', '192.0.2.1,tcp:80']],
    [{ stype: 'hash:ip,port,ip' }, ['192.0.2.1,tcp:80,192.0.2.2']],
    [{ stype: 'hash:ip,port,net' }, ['192.0.2.1,udp:53,10.0.0.0/8']],
  ]
  test.each(keyed)(
    'bug 17: keys of the content are taken back by test, delete and add: %j',
    async (options, entries) => {
      await sock.create('web', options)
      const set = new WiSet({ name: 'web', sock })
      await set.insertList(entries)
      const content = await set.content
      expect(content.size).toBe(entries.length)
      for (const key of content.keys()) {
        expect([key, await set.test(key)]).toEqual([key, true])
        await set.delete(key)
        expect([key, await set.test(key)]).toEqual([key, false])
      }
      for (const [key, stats] of content) await set.add(key, stats)
      expect(await set.updateContent()).toEqual(content)
    },
  )

  test('bug 18: networks and ranges fill a hash:ip, through WiSet too', async () => {
    const set = new WiSet({ name: 'web', sock })
    await set.create()
    await set.add('192.0.2.0/30')
    await sock.add('web', '198.51.100.1-198.51.100.3')
    const four = ['192.0.2.0', '192.0.2.1', '192.0.2.2', '192.0.2.3']
    expect(await entriesIn(sock, 'web')).toEqual([...four, '198.51.100.1', '198.51.100.2', '198.51.100.3'])
    await set.delete('198.51.100.1-198.51.100.3')
    expect(await entriesIn(sock, 'web')).toEqual(four)
    await set.replaceEntries(['198.51.100.0/24'])
    expect((await headerOf(sock, 'web')).elements).toBe(256)
  })

  test.each([
    ['inet', '0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1', '203.0.113.9'],
    ['inet6', '::/0', '::/1', '8000::/1', '2001:db8::9'],
  ] as const)(
    'bug 22: the error of %s %s names the two halves, which cover everything',
    async (family, all, low, high, some) => {
      await sock.create('web', { stype: 'hash:net', family })
      const refused = expect(sock.add('web', all)).rejects
      await refused.toThrow(InputError)
      await expect(sock.add('web', all)).rejects.toThrow(`add ${low} and ${high}`)
      await sock.addAll('web', [low, high])
      expect(await sock.test('web', some)).toBe(true)
    },
  )

  test('bug 22: a network of everything is stored where the kernel takes it', async () => {
    await sock.create('web', { stype: 'hash:net,iface' })
    await sock.add('web', '0.0.0.0/0,eth0')
    expect(await entriesIn(sock, 'web')).toEqual(['0.0.0.0/0,eth0'])
    expect(await sock.test('web', '0.0.0.0/0,eth0')).toBe(true)
  })
})

describe('bugs of pyroute2 turned right: entries for a fake kernel', () => {
  test.each([
    ['a host name', 'localhost', "'localhost' is no IPv4 address"],
    ['a dotted mask', '10.0.0.0/255.0.0.0', "'255.0.0.0' is no prefix length"],
    ['a short address', '10.1', "'10.1' is no IPv4 address"],
    ['no address at all', '', "'' is no IPv4 address"],
  ])('bug 23: %s is refused with a sentence before the entry is sent', async (_, entry, sentence) => {
    const transport = fakeIpset({ header: (asked) => [header(asked, 'web', 'hash:net')] })
    await using ipset = new IPSet({ transport })
    await expect(ipset.add('web', entry)).rejects.toMatchObject({ code: 'ERR_INPUT', path: 'entry', reason: sentence })
    await expect(ipset.addAll('web', ['10.0.0.0/8', entry])).rejects.toMatchObject({
      path: 'entries[1]',
      reason: sentence,
    })
    expect(sentTo(transport, 'add').filter((request) => request.includes(entry || 'never'))).toEqual([])
  })
})
