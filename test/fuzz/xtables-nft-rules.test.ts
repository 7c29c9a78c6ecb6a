import fc from 'fast-check'
import { type Codec, decode } from '../../src/netlink/wire/codec.js'
import { Reader } from '../../src/netlink/wire/cursor.js'
import { type Family, formatRule, type Rule, type RuleInput } from '../../src/xtables/index.js'
import { EXPRESSIONS, expressionList } from '../../src/xtables/nft/expression/expression.js'
import { Scan } from '../../src/xtables/nft/expression/scan.js'
import { runs } from '../support/xtables-fixtures.js'
import { captured, read, write } from './expressions.js'

const signed = <T>(value: fc.Arbitrary<T>) => fc.oneof(value, value.map((not) => ({ not })))
const octet = fc.nat(255)
const address4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'))
const network4 = fc.oneof(fc.tuple(address4, fc.nat(32)), fc.tuple(address4, address4)).map((parts) => parts.join('/'))
const network6 = fc.tuple(fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }), fc.nat(128)).map(([words, prefix]) => `${words.map((word) => word.toString(16)).join(':')}/${prefix}`)
const device = signed(fc.constantFrom('eth0', 'lo', 'a', 'wlan+', 'abcdefghijklmno', 'abcdefghijklmn+', 'INVAL', 'é'))
const port = fc.oneof(fc.constantFrom(0, 1, 22, 65_534, 65_535), fc.nat(65_535))
const ports = signed(fc.oneof(port, fc.tuple(port, port).map((pair) => pair.sort((a, b) => a - b) as [number, number])))
const u32 = fc.oneof(fc.constantFrom(0, 1, 0xff, 0xffff_ffff), fc.nat(0xffff_ffff))
const flags = fc.subarray(['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'])
const counters = fc.record({ packets: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), bytes: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) })

/** Matches that nf_tables says in expressions of its own, and comments. */
const native = fc.oneof(
  fc.record({ match: fc.constantFrom('tcp', 'udp'), sport: ports, dport: ports }, { requiredKeys: ['match'] }),
  fc.record({ match: fc.constant('tcp'), sport: ports, dport: ports, tcpFlags: signed(fc.record({ mask: flags, set: flags })) }, { requiredKeys: ['match', 'tcpFlags'] }),
  fc.record({ match: fc.constant('mark'), mark: signed(fc.record({ value: u32, mask: u32 })) }),
  fc.record({ match: fc.constant('limit'), limit: fc.record({ packets: fc.integer({ min: 1, max: 10_000 }), per: fc.constantFrom('sec', 'min', 'hour', 'day') }), limitBurst: fc.integer({ min: 1, max: 10_000 }) }),
  fc.record({ match: fc.constant('comment'), comment: fc.string({ maxLength: 40 }) }),
)

/** Conditions of any values, with the matches and targets of captured rules. */
const parts = (family: Family) => {
  const rules = captured.filter((one) => one.family === family).map(({ dump }) => read(dump, family) as Rule)
  const matches = fc.constantFrom(...rules.flatMap(({ matches = [] }) => matches))
  return fc.record(
    {
      source: signed(family === 'ip' ? network4 : network6),
      destination: signed(family === 'ip' ? network4 : network6),
      inInterface: device,
      outInterface: device,
      protocol: fc.oneof(fc.constantFrom('tcp', 'udp', 'icmp', 'ipv6-icmp', 'sctp', 'dccp'), signed(fc.integer({ min: 1, max: 255 }))),
      ...(family === 'ip' ? { fragment: fc.boolean() } : {}),
      // Nothing tells two matches of ports from one that says both.
      matches: fc.uniqueArray(fc.oneof(native, matches), { maxLength: 4, selector: ({ match }) => match }),
      target: fc.constantFrom(...rules.flatMap(({ target }) => (target ? [target] : []))),
      counters,
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<RuleInput>
}

test.each(['ip', 'ip6'] as const)('%s: any rule that is written is read as the same rule, or an InputError says why not', (family) => {
  let written = 0
  fc.assert(
    fc.property(parts(family), (rule) => {
      const bytes = write(rule, family)
      if (!bytes) return
      written++
      const again = read(bytes, family) as Rule
      expect(again.expressions).toBeUndefined()
      expect(formatRule(again, { family, counters: true })).toBe(formatRule(rule, { family, counters: true }))
      expect(write(again, family)?.equals(bytes)).toBe(true)
    }),
    runs(3_000),
  )
  expect(written).toBeGreaterThan(0)
})

/** The expressions of a list as `Scan` finds them, put together from the bytes of their attributes. */
function scanned(bytes: Uint8Array): object[] {
  const scan = new Scan()
  const found: object[] = []
  for (scan.start(new Reader(bytes), 0, bytes.length); scan.step(); ) {
    const expr = scan.name as keyof typeof EXPRESSIONS
    const fields: Record<string, unknown> = { expr }
    for (const [key, { type, codec }] of Object.entries(EXPRESSIONS[expr].rows)) {
      if (scan.at(type) < 0) continue
      const field: unknown = decode(codec as Codec<unknown>, bytes.subarray(scan.at(type), scan.at(type) + scan.size(type)))
      fields[key] = field
      // Numbers, and values of registers, by the ways that are for them.
      if (typeof field === 'number' && scan.size(type) === 4) fields[key] = scan.u32(type)
      if (typeof field === 'object' && field !== null && 'value' in field) {
        const at = scan.value(type)
        fields[key] = { value: bytes.subarray(at, at + scan.valueSize) }
      }
    }
    found.push(fields)
  }
  return found
}

test('looking at expressions in place finds the names and attributes that reading them gives', () => {
  for (const bytes of captured.flatMap(({ sent, dump }) => [Uint8Array.from(sent), Uint8Array.from(dump)])) {
    expect(scanned(bytes)).toEqual(decode(expressionList, bytes))
  }
})
