import { IPSet, swapIpsets, WiSet } from '../../src/index.js'
import { describeKernel } from '../support/kernel.js'
import { entriesIn, netfilterSockets, removeAllSets } from '../support/sets.js'

describeKernel('the socket of a WiSet', () => {
  afterEach(removeAllSets)

  test('is opened at the first call, or when it is asked for, and closed with the set', async () => {
    const before = netfilterSockets()
    {
      using ban = new WiSet({ name: 'ban', attrType: 'hash:net,port' })
      expect(netfilterSockets()).toBe(before)
      ban.openNetlink()
      await ban.create()
      expect(netfilterSockets()).toBe(before + 1)
    }
    expect(netfilterSockets()).toBe(before)
  })

  test('that was lent and closed since is replaced by one of its own', async () => {
    const sock = new IPSet()
    using ban = new WiSet({ name: 'ban', sock })
    await ban.create()
    sock.close()
    await ban.add('10.0.0.1')
    expect(ban.sock).not.toBe(sock)
    await using ipset = new IPSet()
    expect(await entriesIn(ipset, 'ban')).toEqual(['10.0.0.1'])
  })

  test('two sets swap what they hold', async () => {
    await using ipset = new IPSet()
    for (const [name, entry] of [['one', '10.0.0.1'], ['other', '10.0.0.2']] as const) {
      await ipset.create(name)
      await ipset.add(name, entry)
    }
    await swapIpsets('one', 'other')
    expect([await entriesIn(ipset, 'one'), await entriesIn(ipset, 'other')]).toEqual([['10.0.0.2'], ['10.0.0.1']])
  })

  test('what a set is made of, where nothing was said of it', () => {
    const ban = new WiSet({ name: 'ban', attrType: 'hash:net,port' })
    expect(ban).toMatchObject({ entryType: 'net,port', family: 'inet', counters: false, comment: false, skbinfo: false, timeout: undefined, index: undefined })
    const full = new WiSet({ name: 'ban', family: 'inet6', counters: true, comment: true, skbinfo: true, timeout: 5, hashsize: 64, revision: 3 })
    expect(full).toMatchObject({ entryType: 'ip', family: 'inet6', counters: true, comment: true, skbinfo: true, timeout: 5, hashsize: 64, revision: 3 })
  })
})
