// Calls of the public API, each beside the command of the ipset tool that asks the kernel for the same.
import { type IPSet, PortEntry, PortRange } from '../../src/index.js'

/** The first set a command of the tool was captured with, the command, and the same through the public API. */
export type ApiCall = readonly [setup: string, command: string, call: (ipset: IPSet) => Promise<unknown>]

const ALL = {
  timeout: 60,
  packets: 5,
  bytes: 600n,
  comment: 'two words',
  skbmark: [1, 0xff],
  skbprio: [1, 10],
  skbqueue: 3,
} as const
const ALL_WORDS = 'timeout 60 packets 5 bytes 600 comment two words skbmark 0x1/0xff skbprio 1:a skbqueue 3'
const ALL_HASH = {
  hashsize: 2048,
  maxelem: 70000,
  timeout: 10,
  counters: true,
  comment: true,
  forceadd: true,
  skbinfo: true,
  bucketsize: 6,
  initval: 0xcafe,
}
const ALL_HASH_WORDS =
  'hashsize 2048 maxelem 70000 timeout 10 counters comment forceadd skbinfo bucketsize 6 initval 0xcafe'

const CREATE: readonly ApiCall[] = [
  ['', 'create s bitmap:ip range 10.0.0.0/24', (api) => api.create('s', { stype: 'bitmap:ip', range: '10.0.0.0/24' })],
  [
    '',
    'create s bitmap:ip range 10.0.0.1-10.0.0.9',
    (api) => api.create('s', { stype: 'bitmap:ip', range: ['10.0.0.1', '10.0.0.9'] }),
  ],
  [
    '',
    'create s bitmap:ip range 10.0.0.0/16 netmask 28',
    (api) => api.create('s', { stype: 'bitmap:ip', range: '10.0.0.0/16', netmask: 28 }),
  ],
  [
    '',
    'create s bitmap:ip,mac range 10.0.0.0/24 timeout 300',
    (api) => api.create('s', { stype: 'bitmap:ip,mac', range: '10.0.0.0/24', timeout: 300 }),
  ],
  [
    '',
    'create s bitmap:port range 0-1024',
    (api) => api.create('s', { stype: 'bitmap:port', range: new PortRange(0, 1024) }),
  ],
  [
    '',
    'create s bitmap:port range 0-1024',
    (api) => api.create('s', { stype: 'bitmap:port', bitmapPortsRange: [0, 1024] }),
  ],
  ['', 'create s bitmap:port range 80-80', (api) => api.create('s', { stype: 'bitmap:port', range: [80, 80] })],
  ['', 'create s hash:ip', (api) => api.create('s')],
  ['', 'create s hash:ip timeout 0', (api) => api.create('s', { timeout: 0 })],
  ['', 'create s hash:ip counters', (api) => api.create('s', { counters: true, comment: false, skbinfo: undefined })],
  ['', 'create s hash:ip bitmask 255.255.0.255', (api) => api.create('s', { bitmask: '255.255.0.255' })],
  ['', 'create s hash:ip family inet6 netmask 64', (api) => api.create('s', { family: 10, netmask: 64 })],
  [
    '',
    'create s hash:ip family inet6 bitmask ffff:ffff::ffff',
    (api) => api.create('s', { family: 'inet6', bitmask: 'ffff:ffff::ffff' }),
  ],
  ...(
    ['hash:net', 'hash:net,iface', 'hash:net,port', 'hash:ip,port', 'hash:ip,port,ip', 'hash:ip,port,net'] as const
  ).flatMap((stype): ApiCall[] => [
    ['', `create s ${stype} ${ALL_HASH_WORDS}`, (api) => api.create('s', { stype, ...ALL_HASH })],
    [
      '',
      `create s ${stype} family inet6 ${ALL_HASH_WORDS}`,
      (api) => api.create('s', { stype, family: 'inet6', ...ALL_HASH }),
    ],
  ]),
  ['', 'create s list:set size 4', (api) => api.create('s', { stype: 'list:set', size: 4 })],
]

const EXTENDED = 'create s hash:ip timeout 300 counters comment skbinfo'

const ENTRIES: readonly ApiCall[] = [
  ['create s bitmap:ip range 10.0.0.0/16', 'add s 10.0.1.1-10.0.1.9', (api) => api.add('s', '10.0.1.1-10.0.1.9')],
  ['create s bitmap:ip range 10.0.0.0/16', 'del s 10.0.0.0/24', (api) => api.delete('s', ['10.0.0.0/24'])],
  [
    'create s bitmap:ip,mac range 10.0.0.0/24',
    'add s 10.0.0.1,02:00:5e:10:00:01',
    (api) => api.add('s', ['10.0.0.1', '02:00:5e:10:00:01']),
  ],
  ['create s bitmap:ip,mac range 10.0.0.0/24', 'test s 10.0.0.2', (api) => api.test('s', ['10.0.0.2'])],
  ['create s bitmap:port range 0-65535', 'add s 80', (api) => api.add('s', 80)],
  ['create s bitmap:port range 0-65535', 'add s 80-90', (api) => api.add('s', new PortRange(80, 90))],
  [
    'create s bitmap:port range 0-65535',
    'del s udp:1000-2000',
    (api) => api.delete('s', new PortRange(1000, 2000, 'udp')),
  ],
  ['create s bitmap:port range 0-65535', 'test s 65535', (api) => api.test('s', new PortEntry(65535))],
  ['create s hash:ip', 'add s 10.0.0.1', (api) => api.add('s', { entry: '10.0.0.1' })],
  ['create s hash:ip', 'del s 10.0.0.0/24', (api) => api.delete('s', '10.0.0.0/24')],
  ['create s hash:ip', 'test s 10.0.0.1', (api) => api.test('s', '10.0.0.1')],
  ['create s hash:ip family inet6', 'add s 2001:db8::1', (api) => api.add('s', '2001:db8::1')],
  [EXTENDED, `add s 10.0.0.1 ${ALL_WORDS}`, (api) => api.add('s', '10.0.0.1', ALL)],
  [
    EXTENDED,
    `add s 10.0.0.1 ${ALL_WORDS}`,
    (api) => api.add('s', { entry: '10.0.0.1', ...ALL, skbmark: '0x1/0xff', skbprio: '1:a' }),
  ],
  [
    EXTENDED,
    'add s 10.0.0.1 packets 18446744073709551614',
    (api) => api.add('s', '10.0.0.1', { packets: 18446744073709551614n }),
  ],
  [EXTENDED, 'add s 10.0.0.1 skbmark 0xff', (api) => api.add('s', '10.0.0.1', { skbmark: 0xff })],
  [EXTENDED, 'add s 10.0.0.1 comment schön', (api) => api.add('s', '10.0.0.1', { comment: 'schön' })],
  ['create s hash:net', 'add s 10.0.0.0/8 nomatch', (api) => api.add('s', '10.0.0.0/8', { nomatch: true })],
  ['create s hash:net', 'test s 10.0.0.1 nomatch', (api) => api.test('s', '10.0.0.1', { nomatch: true })],
  ['create s hash:net', 'add s 10.0.0.0-10.3.255.255', (api) => api.add('s', '10.0.0.0-10.3.255.255')],
  ['create s hash:net family inet6', 'del s fe80::/10', (api) => api.delete('s', 'fe80::/10')],
  [
    'create s hash:net,iface',
    'add s 10.0.0.0/8,physdev:eth0',
    (api) => api.add('s', ['10.0.0.0/8', 'eth0'], { physdev: true }),
  ],
  ['create s hash:net,iface', 'add s 10.0.0.0/8,physdev:eth0', (api) => api.add('s', ['10.0.0.0/8', 'physdev:eth0'])],
  [
    'create s hash:net,iface timeout 60',
    'add s 10.0.0.0/8,eth wildcard',
    (api) => api.add('s', '10.0.0.0/8,eth', { wildcard: true }),
  ],
  [
    'create s hash:net,iface timeout 60',
    'add s 10.0.0.0/8,physdev:eth nomatch wildcard timeout 5',
    (api) => api.add('s', '10.0.0.0/8,eth', { timeout: 5, wildcard: true, nomatch: true, physdev: true }),
  ],
  [
    'create s hash:ip,port',
    'add s 10.0.0.1,icmp:echo-request',
    (api) => api.add('s', ['10.0.0.1', new PortEntry(8 * 256, 'icmp')]),
  ],
  [
    'create s hash:ip,port',
    'add s 10.0.0.1,icmp:3/1',
    (api) => api.add('s', ['10.0.0.1', new PortEntry(3 * 256 + 1, 1)]),
  ],
  ['create s hash:ip,port', 'add s 10.0.0.1,vrrp:0', (api) => api.add('s', ['10.0.0.1', new PortEntry(0, 112)])],
  [
    'create s hash:ip,port',
    'add s 10.0.0.1-10.0.0.9,tcp:80-90',
    (api) => api.add('s', ['10.0.0.1-10.0.0.9', new PortRange(80, 90)]),
  ],
  ['create s hash:ip,port', 'test s 10.0.0.1,80', (api) => api.test('s', ['10.0.0.1', 80])],
  [
    'create s hash:ip,port family inet6',
    'add s 2001:db8::1,icmpv6:echo-request',
    (api) => api.add('s', ['2001:db8::1', new PortEntry(128 * 256, 'icmpv6')]),
  ],
  [
    'create s hash:net,port',
    'add s 10.0.0.0/8,udp:1000-2000',
    (api) => api.add('s', ['10.0.0.0/8', new PortRange(1000, 2000, 'udp')]),
  ],
  [
    'create s hash:net,port',
    'del s 10.0.0.0/8,sctp:9',
    (api) => api.delete('s', ['10.0.0.0/8', new PortEntry(9, 'sctp')]),
  ],
  ['create s hash:ip,port,ip', 'add s 10.0.0.1,80,10.0.0.2', (api) => api.add('s', ['10.0.0.1', 80, '10.0.0.2'])],
  [
    'create s hash:ip,port,ip family inet6',
    'add s ::1,udp:1-9,fe80::1',
    (api) => api.add('s', ['::1', new PortRange(1, 9, 17), 'fe80::1']),
  ],
  [
    'create s hash:ip,port,net',
    'add s 10.0.0.1,80,10.0.0.0/8',
    (api) => api.add('s', ['10.0.0.1', new PortEntry(80), '10.0.0.0/8']),
  ],
  [
    'create s hash:ip,port,net',
    'test s 10.0.0.1,80,10.0.0.0/8 nomatch',
    (api) => api.test('s', '10.0.0.1,80,10.0.0.0/8', { nomatch: true }),
  ],
  ['create a hash:ip', 'add s a', (api) => api.add('s', 'a')],
  ['create a hash:ip', 'add s c before a', (api) => api.add('s', 'c', { before: 'a' })],
  ['create a hash:ip', 'test s b after a', (api) => api.test('s', 'b', { after: 'a' })],
  ['create a hash:ip', 'del s a before b', (api) => api.delete('s', 'a,before,b')],
  ['create s hash:ip', '-exist add s 10.0.0.1', (api) => api.add('s', '10.0.0.1', { exclusive: false })],
  ['create s hash:ip', '-exist del s 10.0.0.9', (api) => api.delete('s', '10.0.0.9', { exclusive: false })],
]

async function take(iterable: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of iterable);
}

const SETS: readonly ApiCall[] = [
  ['create s hash:ip', 'destroy', (api) => api.destroy()],
  ['create s hash:ip', 'destroy s', (api) => api.destroy('s')],
  ['create s hash:ip', 'flush', (api) => api.flush()],
  ['create s hash:ip', 'flush s', (api) => api.flush('s')],
  ['create s hash:ip', 'rename s u', (api) => api.rename('s', 'u')],
  ['create s hash:ip', 'swap s t', (api) => api.swap('s', 't')],
  ['create s hash:ip', 'list', (api) => take(api.list())],
  ['create s hash:ip', 'list s', (api) => take(api.entries('s'))],
  ['create s hash:ip', 'list s -t', (api) => take(api.list('s', { content: 'headers' }))],
  ['create s hash:ip', 'list -n', (api) => api.names()],
]

/** Set types that the kernel at hand lacks. */
const PLAYED: readonly ApiCall[] = [
  [
    'hash:ip,mark inet',
    'create s hash:ip,mark markmask 0x1 hashsize 64 timeout 60',
    (api) => api.create('s', { stype: 'hash:ip,mark', markmask: 1, hashsize: 64, timeout: 60 }),
  ],
  ['hash:ip,mark inet', 'add s 10.0.0.1,0xab', (api) => api.add('s', ['10.0.0.1', 0xab])],
  ['hash:ip,mark inet', 'test s 10.0.0.0/24,5', (api) => api.test('s', ['10.0.0.0/24', 5])],
  ['hash:ip,mark inet6', 'del s ::1,0', (api) => api.delete('s', ['::1', 0])],
  ['hash:ip,mac inet', 'add s 10.0.0.1,02:00:5e:10:00:01', (api) => api.add('s', ['10.0.0.1', '02:00:5e:10:00:01'])],
  ['hash:mac inet', 'create s hash:mac comment', (api) => api.create('s', { stype: 'hash:mac', comment: true })],
  ['hash:mac unspec', 'test s AA:bb:CC:dd:EE:ff', (api) => api.test('s', 'AA:bb:CC:dd:EE:ff')],
  [
    'hash:net,net inet',
    'create s hash:net,net bitmask 255.255.0.0',
    (api) => api.create('s', { stype: 'hash:net,net', bitmask: '255.255.0.0' }),
  ],
  ['hash:net,net inet', 'add s 10.0.0.0/8,192.168.0.0/16', (api) => api.add('s', ['10.0.0.0/8', '192.168.0.0/16'])],
  ['hash:net,net inet', 'add s 0.0.0.0/0,0.0.0.0/0', (api) => api.add('s', '0.0.0.0/0,0.0.0.0/0')],
  [
    'hash:net,port,net inet',
    'add s 10.0.0.0-10.3.255.255,80-90,1.0.0.0/8',
    (api) => api.add('s', ['10.0.0.0-10.3.255.255', new PortRange(80, 90), '1.0.0.0/8']),
  ],
  [
    'hash:net,port,net inet6',
    'add s 2001:db8::/32,tcp:80,fe80::/10 nomatch',
    (api) => api.add('s', ['2001:db8::/32', 80, 'fe80::/10'], { nomatch: true }),
  ],
]

export const API_CALLS: readonly ApiCall[] = [...CREATE, ...ENTRIES, ...SETS, ...PLAYED]
