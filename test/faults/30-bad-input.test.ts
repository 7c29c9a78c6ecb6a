import { type EntryInput, InputError, IPSet, PortEntry, PortRange } from '../../src/index.js'
import type { Asked } from '../support/dialogue.js'
import { data, fakeIpset, header, sentTo, text, u8 } from '../support/fake-ipset.js'

/** An ipset in which every set is of this type; `family` is the number of the kernel. */
function kernelOf(type: string, family = 2) {
  const six = (asked: Asked) => data(asked, [u8(1, 7), text(2, 'set'), text(3, type), u8(5, 10), u8(4, 3)])
  return fakeIpset({ header: (asked) => [family === 2 ? header(asked, 'set', type) : six(asked)] })
}

/** What is refused, by the type of the set. */
const ENTRIES: Readonly<Record<string, readonly unknown[]>> = {
  'hash:ip': [
    '',
    ' ',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.01',
    '0x0a.0.0.1',
    '10.0.0.1 ',
    '10.0.0.1\n',
    '10.0.0.1\0',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/08',
    '10.0.0.0/8.0',
    '10.0.0.1/24',
    '0.0.0.0/0',
    '10.0.0.9-10.0.0.1',
    '10.0.0.1-',
    '-10.0.0.1',
    '10.0.0.1-10.0.0.2-10.0.0.3',
    '10.0.0.1-::1',
    '10.0.0.1,tcp:80',
    '::1',
    '::ffff:10.0.0.1',
    '10.0.0.1%eth0',
    'localhost',
    'example.org',
    42,
    null,
    undefined,
    {},
    [],
    ['10.0.0.1', '10.0.0.2'],
    true,
  ],
  'hash:net': ['10.0.0.1/8', '0.0.0.0/0', '10.0.0.0/33', '10.0.0.0/1e1', '::/8', '10.0.0.0/8-11.0.0.0/8', 'net'],
  'hash:ip,port': [
    '10.0.0.1',
    '10.0.0.1,',
    '10.0.0.1,tcp',
    '10.0.0.1,tcp:',
    '10.0.0.1,tcp:65536',
    '10.0.0.1,tcp:-1',
    '10.0.0.1,tcp:80.5',
    '10.0.0.1,65536',
    '10.0.0.1,tcp:90-80',
    '10.0.0.1,tcp:80-65536',
    '10.0.0.1,nonsense:80',
    '10.0.0.1,256:0',
    '10.0.0.1,0:0',
    '10.0.0.1,tcp:no-such-service',
    '10.0.0.1,icmp:no-such-name',
    '10.0.0.1,icmp:256/0',
    '10.0.0.1,icmp:3/256',
    '10.0.0.1,icmpv6:ping',
    '10.0.0.1,vrrp:80',
    '10.0.0.1,tcp:080',
    '10.0.0.1,tcp:80,10.0.0.2',
    ['10.0.0.1', 65536],
    ['10.0.0.1', -1],
    ['10.0.0.1', 1.5],
    ['10.0.0.1', Number.NaN],
    ['10.0.0.1', new PortRange(90, 80)],
    ['10.0.0.1', new PortRange(1, 65536, 'tcp')],
    ['10.0.0.1', new PortEntry(80, 'nonsense')],
    ['10.0.0.1', new PortEntry(80, 256)],
    ['10.0.0.1', { begin: 1 }],
    ['10.0.0.1'],
    ['10.0.0.1', 80, 90],
  ],
  'hash:ip,port,ip': [
    '10.0.0.1,tcp:80',
    '10.0.0.1,tcp:80,10.0.0.0/8',
    '10.0.0.1,tcp:80,10.0.0.1-10.0.0.2',
    '10.0.0.1,tcp:80,::1',
  ],
  'hash:net,iface': [
    '10.0.0.0/8',
    '10.0.0.0/8,',
    '10.0.0.0/8,sixteen-letters-',
    '10.0.0.0/8,physdev:',
    '10.0.0.0/8,ääääääää',
    ['10.0.0.0/8', 'a\0b'],
    ['10.0.0.0/8', 7],
  ],
  'hash:mac': ['', '02:00:5e:10:00', '02:00:5e:10:00:zz', '02-00-5e-10-00-01', '02:00:5e:10:00:01:02', '10.0.0.1', 5],
  'hash:ip,mark': ['10.0.0.1,0x1ffffffff', '10.0.0.1,-1', '10.0.0.1,x', ['10.0.0.1', 2 ** 32], ['10.0.0.1', 0.5]],
  'bitmap:port': ['65536', '-1', 'no-such-service', '90-80', 'udp', 65536, -1, 'icmp:ping'],
  'list:set': ['', 'x'.repeat(32), 'ä'.repeat(16), 'a\0b', 5],
}

describe.each(Object.entries(ENTRIES))('30. a set of %s takes no entry such as', (type, entries) => {
  test.each(entries.map((entry) => [entry]))('%p: nothing is sent', async (entry) => {
    const transport = kernelOf(type)
    await using ipset = new IPSet({ transport })
    for (const call of [
      () => ipset.add('set', entry as EntryInput),
      () => ipset.delete('set', entry as EntryInput),
      () => ipset.test('set', entry as EntryInput),
    ]) {
      const error = await call().catch((reason: unknown) => reason)
      expect(InputError.is(error)).toBe(true)
      expect((error as InputError).path).toMatch(/^entry/)
    }
    const bulk = await ipset.addAll('set', [entry as EntryInput]).catch((reason: unknown) => reason)
    expect(InputError.is(bulk)).toBe(true)
    expect(bulk).toMatchObject({ path: expect.stringMatching(/^entries\[0\]/), applied: 0 })
    expect([...sentTo(transport, 'add'), ...sentTo(transport, 'del'), ...sentTo(transport, 'test')]).toEqual([])
  })
})

test.each([
  '10.0.0.1',
  '1.2.3.4/8',
  '::1/129',
  '::/0',
  'fe80::1%eth0',
  ':::',
  '1::2::3',
  '::1-::5',
  '2001:db8::1/64',
  '::ffff:010.0.0.1',
  '[::1]',
])('30. a set of IPv6 networks takes no %s', async (entry) => {
  const transport = kernelOf('hash:net', 10)
  await using ipset = new IPSet({ transport })
  await expect(ipset.add('set', entry)).rejects.toMatchObject({ code: 'ERR_INPUT', path: 'entry' })
  expect(sentTo(transport, 'add')).toEqual([])
})

test('30. of many entries the one that is wrong is named, and those before it count', async () => {
  const transport = kernelOf('hash:ip')
  await using ipset = new IPSet({ transport })
  const error = await ipset
    .addAll('set', ['10.0.0.1', '10.0.0.2', '10.0.0.300', '10.0.0.4'])
    .catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'ERR_INPUT', path: 'entries[2]', applied: 0 })
  expect(sentTo(transport, 'add')).toEqual([])
})

describe('30. entry options that cannot be', () => {
  const options: readonly (readonly [string, object])[] = [
    ['timeout', { timeout: -1 }],
    ['timeout', { timeout: 2_147_484 }],
    ['timeout', { timeout: 1.5 }],
    ['timeout', { timeout: '10' }],
    ['timeout', { timeout: Number.NaN }],
    ['packets', { packets: -1 }],
    ['packets', { packets: 2 ** 53 }],
    ['bytes', { bytes: 2n ** 64n }],
    ['bytes', { bytes: 0.5 }],
    ['comment', { comment: 'x'.repeat(256) }],
    ['comment', { comment: 'ä'.repeat(128) }],
    ['comment', { comment: 'a\0b' }],
    ['comment', { comment: 5 }],
    ['comment', { comment: 'a\nadd other 10.0.0.1' }],
    ['comment', { comment: 'a"b' }],
    ['skbmark', { skbmark: '0x1ffffffff' }],
    ['skbmark', { skbmark: [1] }],
    ['skbmark', { skbmark: [1, 2, 3] }],
    ['skbmark', { skbmark: -1 }],
    ['skbprio', { skbprio: '1' }],
    ['skbprio', { skbprio: [65536, 0] }],
    ['skbprio', { skbprio: '1:10000' }],
    ['skbqueue', { skbqueue: 65536 }],
    ['nomatch', { nomatch: 1 }],
    ['wildcard', { wildcard: 'yes' }],
    ['before', { before: '' }],
    ['before', { before: 'x'.repeat(32) }],
    ['timout', { timout: 10 }],
    ['Timeout', { Timeout: 10 }],
    ['nonsense', { nonsense: undefined }],
    ['constructor', { constructor: 1 }],
  ]

  test.each(options)('%s of %j: nothing is sent', async (name, given) => {
    const transport = kernelOf('hash:ip')
    await using ipset = new IPSet({ transport })
    await expect(ipset.add('set', '10.0.0.1', given)).rejects.toMatchObject({
      code: 'ERR_INPUT',
      path: `options.${name}`,
    })
    await expect(ipset.addAll('set', ['10.0.0.1'], given)).rejects.toMatchObject({
      code: 'ERR_INPUT',
      path: `options.${name}`,
    })
    await expect(ipset.addAll('set', [{ entry: '10.0.0.1', ...given }])).rejects.toMatchObject({
      code: 'ERR_INPUT',
      path: `entries[0].${name}`,
    })
    expect(sentTo(transport, 'add')).toEqual([])
  })
})

describe('30. create options that cannot be', () => {
  const options: readonly (readonly [string, object])[] = [
    ['stype', { stype: 'hash:nonsense' }],
    ['stype', { stype: 5 }],
    ['family', { family: 'inet5' }],
    ['family', { family: 3 }],
    ['hashsize', { hashsize: -1 }],
    ['hashsize', { hashsize: 2 ** 32 }],
    ['hashsize', { hashsize: '1024' }],
    ['maxelem', { maxelem: -1 }],
    ['maxelem', { maxelem: 1.5 }],
    ['netmask', { netmask: 33 }],
    ['netmask', { netmask: 0 }],
    ['bitmask', { bitmask: '255.255.0.256' }],
    ['bitmask', { netmask: 24, bitmask: '255.255.0.0' }],
    ['timeout', { timeout: 2_147_484 }],
    ['counters', { counters: 'yes' }],
    ['markmask', { markmask: 1 }],
    ['range', { stype: 'bitmap:ip' }],
    ['range', { stype: 'bitmap:ip', range: '10.0.0.9-10.0.0.1' }],
    ['range', { stype: 'bitmap:ip', range: '10.0.0.0/8' }],
    ['range', { stype: 'bitmap:ip', range: '1-10' }],
    ['range', { stype: 'bitmap:port', range: '1-65536' }],
    ['range', { stype: 'bitmap:port', range: '10.0.0.0/24' }],
    ['range', { range: '10.0.0.0/24' }],
    ['maxelm', { maxelm: 5 }],
    ['size', { size: 8 }],
    ['family', { stype: 'bitmap:ip', family: 'inet6', range: '10.0.0.0/24' }],
    ['revision', { revision: 256 }],
  ]

  test.each(options)('%s of %j: nothing is made', async (name, given) => {
    const transport = kernelOf('hash:ip')
    await using ipset = new IPSet({ transport })
    await expect(ipset.create('set', given)).rejects.toMatchObject({ code: 'ERR_INPUT', path: `options.${name}` })
    expect(sentTo(transport, 'create')).toEqual([])
  })
})
