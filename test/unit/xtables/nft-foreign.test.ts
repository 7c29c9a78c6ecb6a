import { encode } from '../../../src/netlink/wire/codec.js'
import { formatRule, InputError } from '../../../src/xtables/index.js'
import { Writer } from '../../../src/netlink/wire/cursor.js'
import { RuleReader } from '../../../src/xtables/nft/decode.js'
import { compatOf, RuleWriter } from '../../../src/xtables/nft/encode.js'
import { type Expression, expressionList } from '../../../src/xtables/nft/expression/expression.js'

// Expressions that come near to what a rule says: nft writes them, and a rule in their place would mean something else.

const load = (key: number): Expression => ({ expr: 'meta', key, dreg: 1 })
const header = (offset: number, length: number, base = 1): Expression => ({ expr: 'payload', dreg: 1, base, offset, length })
const equals = (...value: number[]): Expression => ({ expr: 'cmp', sreg: 1, op: 0, data: { value: Uint8Array.from(value) } })
const named = (name: string): Expression => equals(...Buffer.from(name))
const masked = (...mask: number[]): Expression => ({ expr: 'bitwise', sreg: 1, dreg: 1, length: mask.length, mask: { value: Uint8Array.from(mask) }, xor: { value: new Uint8Array(mask.length) } })
const accept: Expression = { expr: 'immediate', dreg: 0, data: { verdict: { code: 1 } } }
const [IN, PROTOCOL] = [6, 16]
const tcp = [load(PROTOCOL), equals(6)]

const foreign: readonly (readonly [string, readonly Expression[]])[] = [
  ['meta l4proto 0: iptables says all protocols with it', [load(PROTOCOL), equals(0), accept]],
  ['ip protocol 0', [header(9, 1), equals(0), accept]],
  ['iifname "eth+", which is no wildcard', [load(IN), named('eth+\0'), accept]],
  ['iifname "+"', [load(IN), named('+\0'), accept]],
  ['a name that is no UTF-8', [load(IN), equals(0x65, 0xff, 0), accept]],
  ['a name that is longer than any', [load(IN), named('abcdefghijklmnop'), accept]],
  ['tcp flags & (syn | ecn) == syn', [...tcp, header(13, 1, 2), masked(0x42), equals(0x02), accept]],
  ['tcp flags & syn == cwr', [...tcp, header(13, 1, 2), masked(0x02), equals(0x80), accept]],
  ['ports from 2 to 1', [...tcp, header(0, 2, 2), { expr: 'range', sreg: 1, op: 0, from: { value: Uint8Array.of(0, 2) }, to: { value: Uint8Array.of(0, 1) } }, accept]],
  ['ports of no protocol', [header(2, 2, 2), equals(0, 22), accept]],
  ['ports of two protocols', [load(PROTOCOL), { expr: 'cmp', sreg: 1, op: 1, data: { value: Uint8Array.of(6) } }, header(2, 2, 2), equals(0, 22), accept]],
  ['an address with a bit that its mask leaves out', [header(12, 4), masked(255, 0, 0, 0), equals(10, 0, 0, 1), accept]],
  ['a jump to nowhere', [{ expr: 'immediate', dreg: 0, data: { verdict: { code: 0xffff_fffd } } }]],
  ['a revision that no extension has', [{ expr: 'match', name: 'mark', revision: 0x1_0001, info: new Uint8Array(16) }, accept]],
  ['a log without a group', [{ expr: 'log', prefix: 'x' }]],
  ['a limit in bytes', [{ expr: 'limit', rate: 1n, unit: 1n, burst: 5, type: 1, flags: 0 }, accept]],
  ['a limit in weeks', [{ expr: 'limit', rate: 1n, unit: 604_800n, burst: 5, type: 0, flags: 0 }, accept]],
  ['something behind a verdict', [accept, load(PROTOCOL), equals(6)]],
  ['an interface twice', [load(IN), named('a\0'), load(IN), named('b\0'), accept]],
  ['an expression of another kind', [{ expr: 'unknown', name: 'ct', data: Uint8Array.of(8, 0, 2, 0, 0, 0, 0, 0) }, accept]],
]

test.each(foreign)('%s: is kept as it is, and printed so that it is read again', (_name, list) => {
  const hex = encode(expressionList, list).toString('hex')
  const rule = new RuleReader('ip').read(Buffer.from(hex, 'hex'))
  expect(rule).toEqual({ expressions: hex, counters: { packets: 0n, bytes: 0n } })
  expect(formatRule(rule)).toBe(`--nft-expressions ${hex}`)
})

test('all ports are no condition', () => {
  const ports: Expression = { expr: 'range', sreg: 1, op: 0, from: { value: Uint8Array.of(0, 0) }, to: { value: Uint8Array.of(255, 255) } }
  const rule = new RuleReader('ip').read(encode(expressionList, [...tcp, header(0, 2, 2), ports, accept]))
  expect(rule.matches).toEqual([{ match: 'tcp' }])
})

test.each(['', 'zz', 'ff', '0400000008000000', '0800010000000000', 5, null])('expressions of a rule that are none (%p) are an InputError', (expressions) => {
  const rule = { expressions } as never
  expect(() => new RuleWriter({ family: 'ip' }).write(new Writer(64), rule)).toThrow(InputError)
  try {
    compatOf(rule)
  } catch (error) {
    expect(InputError.is(error)).toBe(true)
  }
})
