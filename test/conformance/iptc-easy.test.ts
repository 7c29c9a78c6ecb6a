import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromDictionary, type RuleDictionary, toDictionary } from '../../src/iptc/index.js'
import { Writer } from '../../src/netlink/wire/cursor.js'
import { setNames } from '../../src/xtables/context.js'
import { decodeEntry, encodeEntry, type Family, formatRule, parseRule, type RuleInput } from '../../src/xtables/index.js'
import { RuleReader } from '../../src/xtables/nft/decode.js'
import { RuleWriter } from '../../src/xtables/nft/encode.js'

// Every rule of the corpus as a dictionary, through JSON and back, in the bytes of both backends.

interface Case {
  readonly family: Family
  readonly rule: string
  readonly setup?: readonly string[]
  readonly ok: boolean
  readonly entry: string
  readonly verdict?: { readonly chain: string }
  readonly nft: { readonly ok: true; readonly sent: string; readonly dump: string } | { readonly ok: false }
}

const cases = readFileSync(join(__dirname, '../../fixtures/xtables/cases.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case)

const legacy = cases.filter(({ ok }) => ok)
const nft = cases.flatMap(({ nft, ...one }) => (nft.ok ? [{ ...one, ...nft }] : []))

/** Sets by their indexes: the kernel counts them in the order in which they are created. */
function setsOf({ setup = [] }: Pick<Case, 'setup'>): string[] {
  return setup.filter((line) => line.startsWith('@ipset create ')).map((line) => line.split(' ')[2] as string)
}

/** A rule as a dictionary, written to a file and read again. */
function throughJson(rule: RuleInput, family: Family): RuleInput {
  return fromDictionary(JSON.parse(JSON.stringify(toDictionary(rule, family))) as RuleDictionary, family)
}

function expressions(rule: RuleInput, one: Pick<Case, 'family' | 'setup'>): string {
  const writer = new Writer(256)
  new RuleWriter({ family: one.family, sets: setNames(setsOf(one)) }).write(writer, rule)
  return writer.written().toString('hex')
}

/** The legacy tables hold 63 bytes of a prefix: it is cut for both. */
const LONG_PREFIX = 'x'.repeat(65)

const named = <T extends { readonly family: Family; readonly rule: string }>(all: readonly T[]) => all.map((one) => [one.family, one.rule, one] as const)

test('the cases are there', () => {
  expect([legacy.length, nft.length]).toEqual([823, 823])
})

test.each(named(legacy))('legacy, %s: %s', (family, text, one) => {
  const sets = setsOf(one)
  const bytes = (rule: RuleInput) => encodeEntry(rule, { family, sets }).toString('hex')
  const given = parseRule(text, { family })
  expect(bytes(throughJson(given, family))).toBe(one.entry)
  const read = decodeEntry(Buffer.from(one.entry, 'hex'), { family, sets, chain: () => one.verdict?.chain })
  const back = throughJson(read, family)
  expect(bytes(back)).toBe(one.entry)
  // A dictionary of a dictionary is the same.
  expect(toDictionary(back, family)).toEqual(toDictionary(read, family))
})

test.each(named(nft))('nf_tables, %s: %s', (family, text, one) => {
  const given = throughJson(parseRule(text, { family }), family)
  if (!text.includes(LONG_PREFIX)) expect(expressions(given, one)).toBe(one.sent)
  const read = new RuleReader(family, setNames(setsOf(one))).read(Buffer.from(one.dump, 'hex'))
  const back = throughJson(read, family)
  expect(expressions(back, one)).toBe(expressions(read, one))
  expect(formatRule(back, { family })).toBe(formatRule(read, { family }))
})
