import { InputError, IPSet, PortEntry, PortRange } from '../../../src/index.js'
import { describeKernel } from '../../support/kernel.js'
import { entriesIn, removeAllSets } from '../../support/sets.js'

describeKernel('pyroute2 test_ipset.py: set types', () => {
  let ipset: IPSet
  beforeEach(() => {
    ipset = new IPSet()
  })
  afterEach(async () => {
    ipset.close()
    await removeAllSets()
  })

  test('net_and_iface_stypes: parts of an entry are joined by commas', async () => {
    for (const [stype, entry] of [
      ['hash:net', '192.168.1.0/31'],
      ['hash:net,iface', '192.168.1.0/24,eth0'],
    ] as const) {
      await ipset.create('web', { stype })
      await ipset.add('web', entry)
      expect(await entriesIn(ipset, 'web')).toEqual([entry])
      await ipset.delete('web', entry)
      expect(await entriesIn(ipset, 'web')).toEqual([])
      await ipset.destroy('web')
    }
  })

  test('tuple_support: parts of an entry stand in an array', async () => {
    await ipset.create('web', { stype: 'hash:net,iface' })
    const entries = [
      ['192.168.1.0/24', 'eth0'],
      ['192.168.2.0/24', 'wlan0'],
    ] as const
    for (const entry of entries) {
      await ipset.add('web', entry)
      expect(await ipset.test('web', entry)).toBe(true)
    }
    expect(await entriesIn(ipset, 'web')).toEqual(['192.168.1.0/24,eth0', '192.168.2.0/24,wlan0'])
    for (const entry of entries) {
      await ipset.delete('web', entry)
      expect(await ipset.test('web', entry)).toBe(false)
    }
    expect(await entriesIn(ipset, 'web')).toEqual([])
  })

  test('net_with_dash: the kernel splits a range into networks', async () => {
    await ipset.create('web', { stype: 'hash:net' })
    await ipset.add('web', '192.168.1.0-192.168.1.33')
    expect(await entriesIn(ipset, 'web')).toEqual(['192.168.1.0/27', '192.168.1.32/31'])
    await ipset.delete('web', '192.168.1.0/27')
    expect(await entriesIn(ipset, 'web')).toEqual(['192.168.1.32/31'])
  })

  test('bitmap_port: takes numbers, ranges and ports without protocol, in its range only', async () => {
    await ipset.create('web', { stype: 'bitmap:port', bitmapPortsRange: [1000, 6000] })
    await ipset.add('web', 1002)
    await ipset.add('web', new PortRange(2000, 2003))
    await ipset.add('web', new PortEntry(3000))
    expect(await ipset.test('web', 1002)).toBe(true)
    expect(await ipset.test('web', new PortEntry(2002))).toBe(true)
    expect(await ipset.test('web', 1003)).toBe(false)
    expect(await entriesIn(ipset, 'web')).toEqual(['1002', '2000', '2001', '2002', '2003', '3000'])
    await ipset.delete('web', new PortRange(2000, 2002))
    expect(await entriesIn(ipset, 'web')).toEqual(['1002', '2003', '3000'])
    await expect(ipset.add('web', 18)).rejects.toMatchObject({ errno: 4352, errnoName: 'IPSET_ERR_BITMAP_RANGE' })
    await ipset.create('same', { stype: 'bitmap:port', bitmapPortsRange: new PortRange(1000, 6000) })
    await expect(ipset.create('none', { stype: 'bitmap:port' })).rejects.toThrow(InputError)
  })

  test('port_range_with_proto: a range of ports of one protocol, and a protocol without ports', async () => {
    await ipset.create('web', { stype: 'hash:net,port' })
    await ipset.add('web', ['192.168.0.0/16', new PortRange(1000, 1003, 'udp')])
    expect(await ipset.test('web', ['192.168.0.0/16', new PortEntry(1001, 'udp')])).toBe(true)
    expect(await ipset.test('web', ['192.168.0.0/16', new PortEntry(1001, 17)])).toBe(true)
    expect(await ipset.test('web', ['192.168.0.0/16', new PortEntry(1001, 'tcp')])).toBe(false)
    expect(await ipset.test('web', ['192.168.0.0/16', new PortEntry(2, 'udp')])).toBe(false)
    await ipset.add('web', ['192.168.2.0/24', new PortEntry(0, 'vrrp')])
    expect(await ipset.test('web', ['192.168.2.0/24', new PortEntry(0, 112)])).toBe(true)
    expect(await entriesIn(ipset, 'web')).toEqual([
      '192.168.0.0/16,udp:1000',
      '192.168.0.0/16,udp:1001',
      '192.168.0.0/16,udp:1002',
      '192.168.0.0/16,udp:1003',
      '192.168.2.0/24,vrrp:0',
    ])
  })
})
