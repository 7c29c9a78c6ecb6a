import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeEntry, encodeEntry, type Family, formatRule, InputError, parseRule } from '../../src/xtables/index.js'

interface Case {
  readonly id: string
  readonly family: Family
  readonly extension: string
  readonly rule: string
  readonly setup?: readonly string[]
  readonly ok: boolean
  readonly expect: string
  readonly entry: string
  readonly verdict?: { readonly chain: string }
  readonly failBy?: 'userspace' | 'kernel'
}

const cases = readFileSync(join(__dirname, '../../fixtures/xtables/cases.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case)

/** Sets by their indexes: the kernel counts them in the order in which they are created. */
function setsOf({ setup = [] }: Case): string[] {
  return setup.filter((line) => line.startsWith('@ipset create ')).map((line) => line.split(' ')[2] as string)
}

test('the cases are there', () => {
  expect(cases).toHaveLength(1099)
})

describe.each([...new Set(cases.map(({ extension }) => extension))].sort())('%s', (extension) => {
  const own = cases.filter((one) => one.extension === extension)

  const loaded = own.filter(({ ok }) => ok).map((one) => [one.family, one.rule, one] as const)
  if (loaded.length > 0) test.each(loaded)('%s: %s', (family, text, one) => {
    const sets = setsOf(one)
    const rule = parseRule(text, { family })
    expect(encodeEntry(rule, { family, sets }).toString('hex')).toBe(one.entry)
    const back = decodeEntry(Buffer.from(one.entry, 'hex'), { family, sets, chain: () => one.verdict?.chain })
    expect(formatRule(back, { family })).toBe(one.expect)
    expect(JSON.stringify(back, (_key, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain('"unknown"')
    expect(formatRule(rule, { family })).toBe(one.expect)
  })

  const refused = own.filter(({ failBy }) => failBy === 'userspace').map((one) => [one.family, one.rule] as const)
  if (refused.length > 0) {
    test.each(refused)('%s: %s is refused', (family, text) => {
      expect(() => encodeEntry(parseRule(text, { family }), { family, sets: ['s1', 's2', 's3', 's4'] })).toThrow(InputError)
    })
  }

  const leftToKernel = own.filter(({ failBy }) => failBy === 'kernel').map((one) => [one.family, one.rule, one] as const)
  if (leftToKernel.length > 0) {
    test.each(leftToKernel)('%s: %s is left to the kernel', (family, text, one) => {
      expect(encodeEntry(parseRule(text, { family }), { family, sets: setsOf(one) }).length).toBeGreaterThan(100)
    })
  }
})
