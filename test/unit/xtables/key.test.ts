import { NO_SETS } from '../../../src/xtables/context.js'
import { newest } from '../../../src/xtables/face.js'
import { decodeEntry, encodeEntry, parseRule, type RuleInput } from '../../../src/xtables/index.js'
import { LegacyTable } from '../../../src/xtables/legacy/table.js'

const INFO = { name: 'filter', validHooks: 0, hookEntry: [], underflow: [], entries: 0, size: 0 }
let table: LegacyTable
beforeAll(async () => {
  table = await LegacyTable.of('ip', INFO, Buffer.alloc(0), {
    sets: NO_SETS,
    revision: newest,
    timeouts: async () => [],
  })
})
const keyOf = (rule: RuleInput | string) => table.keyOf(typeof rule === 'string' ? parseRule(rule) : rule)

test.each<[a: RuleInput | string, b: RuleInput | string]>([
  ['-p tcp --dport 22', '-p tcp -m tcp --dport ssh'],
  ['-p tcp -j ACCEPT', { protocol: 6, target: { target: 'ACCEPT' }, counters: { packets: 1, bytes: 2 } }],
  ['-s 10.0.0.5/8', '-s 10.0.0.0/255.0.0.0'],
  ['-i eth0 -o eth1', '-o eth1 -i eth0'],
  ['-m conntrack --ctstate NEW,RELATED', '-m conntrack --ctstate RELATED,NEW'],
  ['-p tcp --syn', '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN'],
  ['-j REJECT', '-j REJECT --reject-with icmp-port-unreachable'],
  ['-j web', '-j web'],
])('%j and %j are the same rule', (a, b) => {
  expect(keyOf(a)).toBe(keyOf(b))
})

test.each<[a: string, b: string]>([
  ['-p tcp', '-p udp'],
  ['-p tcp', '-p tcp -m tcp'],
  ['-p tcp', '! -p tcp'],
  ['-i eth0', '-i eth0+'],
  ['-i eth0', '-i eth'],
  ['-j web', '-g web'],
  ['-j web', '-j wob'],
  ['', '-j ACCEPT'],
  ['-j ACCEPT', '-j DROP'],
  ['-j web', '-j ACCEPT'],
  ['-m mark --mark 1', '-m mark --mark 2'],
  ['-m mark --mark 1 -m comment --comment a', '-m comment --comment a -m mark --mark 1'],
  ['-m limit --limit 1/s', '-m limit --limit 2/s'],
  ['-m comment --comment a', '-m comment --comment b'],
])('%j and %j are different rules', (a, b) => {
  expect(keyOf(a)).not.toBe(keyOf(b))
})

test.each([
  '-m limit --limit 3/min',
  '-m quota --quota 100',
  '-m statistic --mode nth --every 3 --packet 0',
  '-m hashlimit --hashlimit-upto 1/s --hashlimit-name x',
])('bytes of the kernel do not tell rules apart: %s', (text) => {
  const bytes = encodeEntry(parseRule(text))
  const rule = decodeEntry(bytes)
  // The last eight bytes of the data are the kernel's in all of these.
  const target = bytes.length - 40
  const changed = Buffer.from(bytes)
  changed.fill(0xee, target - 8, target)
  const again = decodeEntry(changed)
  expect(again).toEqual(rule)
  expect(keyOf(again)).toBe(keyOf(rule))
})

test('of an unknown extension every byte counts', () => {
  const one = (info: string): RuleInput => ({ matches: [{ match: 'unknown', name: 'geo', revision: 0, info }] })
  expect(keyOf(one('0000000000000001'))).not.toBe(keyOf(one('0000000000000002')))
  expect(keyOf(one('01'))).toBe(keyOf(one('0100000000000000')))
})
