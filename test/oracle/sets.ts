// Sets of every type that the kernel has, with every combination of what their entries may carry: as plain data, which
// the tests hand to the C tool as text and to this library as objects.
import type { CreateOptions, EntryOptions } from '../../src/index.js'

export interface SetSpec {
  readonly name: string
  readonly type: string
  readonly options: CreateOptions
  readonly entries: readonly (readonly [entry: string, options: EntryOptions])[]
}

interface Kind {
  readonly type: string
  readonly options: CreateOptions
  readonly entries: readonly string[]
  /** Options of entries that only this type has, by the entry's place. */
  readonly own?: Readonly<Record<number, EntryOptions>>
}

const PORTS = ['tcp:80', 'udp:1000-1002', 'sctp:9', 'vrrp:0', 'gre:0', '200:0']
const at = (address: string, ports: readonly string[]) => ports.map((port) => `${address},${port}`)

const KINDS: readonly Kind[] = [
  {
    type: 'bitmap:ip',
    options: { range: '10.0.0.0/24' },
    entries: ['10.0.0.1', '10.0.0.3', '10.0.0.8/30', '10.0.0.255'],
  },
  {
    type: 'bitmap:ip,mac',
    options: { range: '10.0.0.0-10.0.0.99' },
    entries: ['10.0.0.1,02:00:5e:10:00:01', '10.0.0.9,AA:BB:CC:DD:EE:FF', '10.0.0.5'],
  },
  { type: 'bitmap:port', options: { range: '0-65535' }, entries: ['80', '1000-1003', '0', '65535'] },
  { type: 'hash:ip', options: {}, entries: ['10.0.0.1', '10.0.1.0/30', '192.0.2.1-192.0.2.3', '255.255.255.255'] },
  { type: 'hash:ip', options: { family: 'inet6' }, entries: ['2001:db8::1', 'fe80::1', '::ffff:1.2.3.4', '::5'] },
  {
    type: 'hash:net',
    options: {},
    entries: ['10.0.0.0/8', '10.1.0.0/16', '192.168.0.0-192.168.5.255', '1.2.3.4', '0.0.0.0/1'],
    own: { 1: { nomatch: true } },
  },
  {
    type: 'hash:net',
    options: { family: 'inet6' },
    entries: ['2001:db8::/32', '2001:db8:1::/48', '::1'],
    own: { 1: { nomatch: true } },
  },
  {
    type: 'hash:net,iface',
    options: {},
    entries: ['10.0.0.0/8,eth0', '10.0.0.0/8,physdev:eth1', '0.0.0.0/0,eth2', '10.0.0.1,wl', '10.2.0.0/16,eth3'],
    own: { 3: { wildcard: true }, 4: { nomatch: true } },
  },
  {
    type: 'hash:net,iface',
    options: { family: 'inet6' },
    entries: ['2001:db8::/32,eth0', '::/0,physdev:eth1'],
    own: { 1: { nomatch: true } },
  },
  {
    type: 'hash:ip,port',
    options: {},
    entries: [...at('10.0.0.1', PORTS), '10.0.0.1,icmp:echo-request', '10.0.0.1,icmp:7/7', '10.0.0.4/30,tcp:443'],
  },
  {
    type: 'hash:ip,port',
    options: { family: 'inet6' },
    entries: [...at('2001:db8::1', PORTS), '::1,icmpv6:echo-request', '::1,icmpv6:200/3'],
  },
  {
    type: 'hash:net,port',
    options: {},
    entries: [...at('10.0.0.0/8', PORTS), '10.1.0.0/16,icmp:host-unreachable'],
    own: { 6: { nomatch: true } },
  },
  {
    type: 'hash:net,port',
    options: { family: 'inet6' },
    entries: [...at('2001:db8::/32', PORTS), '::1,icmpv6:redirect'],
    own: { 0: { nomatch: true } },
  },
  {
    type: 'hash:ip,port,ip',
    options: {},
    entries: ['10.0.0.1,tcp:80,10.0.0.2', '10.0.0.1,udp:5-6,10.0.0.3', '10.0.0.1,icmp:ping,10.0.0.2'],
  },
  { type: 'hash:ip,port,ip', options: { family: 'inet6' }, entries: ['2001:db8::1,tcp:80,::2', '::1,icmpv6:ping,::2'] },
  {
    type: 'hash:ip,port,net',
    options: {},
    entries: ['10.0.0.1,tcp:80,10.0.0.0/8', '10.0.0.1,udp:5-6,10.0.0.3', '10.0.0.1,vrrp:0,1.0.0.0/8'],
    own: { 2: { nomatch: true } },
  },
  {
    type: 'hash:ip,port,net',
    options: { family: 'inet6' },
    entries: ['2001:db8::1,tcp:80,fe80::/10', '::1,icmpv6:ping,::2'],
    own: { 0: { nomatch: true } },
  },
  {
    type: 'list:set',
    options: {},
    entries: ['member1', 'member2', 'member3'],
    own: { 1: { before: 'member1' }, 2: { after: 'member2' } },
  },
]

/** What a create option brings for entries; each entry takes the next of the row. */
const EXTENSIONS: readonly (readonly [CreateOptions, readonly EntryOptions[]])[] = [
  [{ timeout: 86400 }, [{}, { timeout: 0 }, { timeout: 2_147_483 }, { timeout: 3600 }]],
  [{ counters: true }, [{}, { packets: 5, bytes: 600 }, { packets: 2n ** 64n - 2n }, { bytes: 1 }]],
  [{ comment: true }, [{ comment: 'two words' }, {}, { comment: "<a & b> 'c' \\ # ü" }, { comment: 'c'.repeat(255) }]],
  [
    { skbinfo: true },
    [
      {},
      { skbmark: [0x1, 0xff] },
      { skbmark: [0xffff, 0xffff_ffff], skbprio: [1, 10] },
      { skbqueue: 3 },
      { skbprio: [0xffff, 0xffff] },
    ],
  ],
]

function combined(kind: Kind, choice: number, name: string): SetSpec {
  const chosen = EXTENSIONS.filter((_, bit) => choice & (1 << bit))
  const options = Object.assign({}, kind.options, ...chosen.map(([option]) => option)) as CreateOptions
  const entries = kind.entries.map((entry, i) => {
    const brought = chosen.map(([, rows], k) => rows[(i + k) % rows.length])
    return [entry, Object.assign({}, kind.own?.[i], ...brought) as EntryOptions] as const
  })
  return { name, type: kind.type, options, entries }
}

/** Create options that only some types have. */
const OTHERS: readonly (readonly [type: string, options: CreateOptions, ...entries: string[]])[] = [
  ['bitmap:ip', { range: '10.0.0.0/8', netmask: 24 }, '10.0.1.0', '10.0.8.0/22'],
  ['bitmap:port', { range: '20-30' }, '22'],
  ['hash:ip', { hashsize: 64, maxelem: 10 }, '10.0.0.1'],
  ['hash:ip', { bucketsize: 4, initval: 0xcafe }, '10.0.0.1'],
  ['hash:ip', { netmask: 24 }, '10.0.0.1', '10.0.1.0'],
  ['hash:ip', { bitmask: '255.255.0.255' }, '10.0.0.1', '10.1.3.2'],
  ['hash:ip', { family: 'inet6', netmask: 64 }, '2001:db8::1'],
  ['hash:ip', { family: 'inet6', bitmask: 'ffff:ffff::ffff' }, '2001:db8::1:1'],
  ['hash:ip,port', { netmask: 24 }, '10.0.0.1,tcp:80'],
  ['hash:ip,port', { bitmask: '255.0.255.0' }, '10.9.8.7,tcp:80'],
  ['hash:ip,port', { family: 'inet6', bitmask: 'ffff::' }, '2001:db8::1,udp:80'],
  ['list:set', { size: 3 }, 'member1'],
  ...[
    'hash:ip',
    'hash:net',
    'hash:net,iface',
    'hash:net,port',
    'hash:ip,port',
    'hash:ip,port,ip',
    'hash:ip,port,net',
  ].map((type) => [type, { forceadd: true, maxelem: 5, counters: true }] as const),
]

/** All sets, members of lists first. */
export const SETS: readonly SetSpec[] = [
  ...[1, 2, 3].map((i) => ({ name: `member${i}`, type: 'hash:net', options: {}, entries: [] })),
  ...KINDS.flatMap((kind, k) =>
    Array.from({ length: 1 << EXTENSIONS.length }, (_, choice) => combined(kind, choice, `k${k}.${choice}`)),
  ),
  ...OTHERS.map(([type, options, ...entries], i) => ({
    name: `other${i}`,
    type,
    options,
    entries: entries.map((entry) => [entry, {}] as const),
  })),
]

const FLAGS = new Set(['counters', 'comment', 'skbinfo', 'forceadd', 'nomatch', 'wildcard', 'physdev'])

function words(options: object, command: 'create' | 'add'): string {
  let text = ''
  for (const [name, value] of Object.entries(options)) {
    if (command === 'create' ? FLAGS.has(name) : FLAGS.has(name) && name !== 'comment') text += ` ${name}`
    else if (name === 'comment') text += ` comment "${value}"`
    else if (name === 'skbmark') text += ` skbmark 0x${value[0].toString(16)}/0x${value[1].toString(16)}`
    else if (name === 'skbprio') text += ` skbprio ${value[0].toString(16)}:${value[1].toString(16)}`
    else text += ` ${name} ${value}`
  }
  return text
}

/** The sets as the C tool reads them. */
export function setsAsText(): string {
  return SETS.map(({ name, type, options, entries }) => {
    const adds = entries.map(([entry, own]) => `add ${name} ${entry}${words(own, 'add')}\n`)
    return `create ${name} ${type}${words(options, 'create')}\n${adds.join('')}`
  }).join('')
}
