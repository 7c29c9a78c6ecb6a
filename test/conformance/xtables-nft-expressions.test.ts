import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decode, encode } from '../../src/netlink/wire/codec.js'
import { setNames } from '../../src/xtables/context.js'
import { type Family, formatRule } from '../../src/xtables/index.js'
import { RuleReader } from '../../src/xtables/nft/decode.js'
import { type Expression, expressionList } from '../../src/xtables/nft/expression/expression.js'

// Expressions as iptables-nft sends them and as the kernel dumps them, read and written; and those of iptables 1.8.13.

/** An expression of 1.8.13, decoded: numbers, and bytes in hexadecimal. */
type Later = Readonly<Record<string, unknown>> & { readonly expr: string }

interface Case {
  readonly family: Family
  readonly rule: string
  readonly setup?: readonly string[]
  readonly nft: { ok: true; expect: string; sent: string; dump: string; later?: readonly Later[] } | { ok: false }
}

const cases = readFileSync(join(__dirname, '../../fixtures/xtables/cases.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case)
  .flatMap(({ nft, ...one }) => (nft.ok ? [{ ...one, ...nft }] : []))

const later = cases.flatMap(({ later, ...one }) => (later ? [[one.family, one.rule, { ...one, later }] as const] : []))

/** Fields by the names that this library has for them. */
const FIELDS: Readonly<Record<string, string>> = { len: 'length', rev: 'revision' }
/** Expressions whose numbers are all of 64 bits. */
const WIDE: readonly string[] = ['counter']

function expressionOf(decoded: Later): Expression {
  const { expr, ...fields } = decoded
  return { expr, ...(valuesOf(fields, WIDE.includes(expr)) as object) } as Expression
}

function valuesOf(value: unknown, wide: boolean): unknown {
  if (typeof value === 'number') return wide ? BigInt(value) : value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [FIELDS[key] ?? key, key === 'value' || key === 'info' ? Buffer.from(one as string, 'hex') : valuesOf(one, wide)]))
}

function setsOf({ setup = [] }: { readonly setup?: readonly string[] }) {
  return setNames(setup.filter((line) => line.startsWith('@ipset create ')).map((line) => line.split(' ')[2] as string))
}

/** The kernel dumps nested attributes without NLA_F_NESTED: the highest bit of a type, in the last byte of a header. */
function withoutFlags(written: Buffer, dumped: Buffer): Buffer {
  return Buffer.from(written.map((byte, at) => (at % 4 === 3 && byte === 0x80 && dumped[at] === 0 ? 0 : byte)))
}

test('the cases are there', () => {
  expect(cases).toHaveLength(823)
  expect(later).toHaveLength(129)
})

test('what is sent, read and written again, is the same bytes', () => {
  for (const { rule, sent } of cases) expect([rule, encode(expressionList, decode(expressionList, Buffer.from(sent, 'hex'))).toString('hex')]).toEqual([rule, sent])
})

test('what is dumped, read and written again, is the same bytes, with nested attributes marked as such', () => {
  for (const { rule, dump } of cases) {
    const dumped = Buffer.from(dump, 'hex')
    const written = encode(expressionList, decode(expressionList, dumped))
    expect([rule, withoutFlags(written, dumped).toString('hex')]).toEqual([rule, dump])
  }
})

test('no expression and no attribute of iptables-nft is unknown', () => {
  const all = cases.flatMap(({ sent, dump }) => [sent, dump].flatMap((bytes) => decode(expressionList, Buffer.from(bytes, 'hex'))))
  expect(all.filter((one) => one.expr === 'unknown' || one.unknown !== undefined)).toEqual([])
})

test.each(later)('as 1.8.13 sends it: %s: %s', (family, _rule, one) => {
  const expressions = one.later.map(expressionOf)
  const bytes = encode(expressionList, expressions)
  expect(bytes.toString('hex')).not.toBe(one.sent)
  expect(decode(expressionList, bytes)).toEqual(expressions)
  const rule = new RuleReader(family, setsOf(one)).read(bytes)
  expect(formatRule(rule, { family })).toBe(one.expect)
})
