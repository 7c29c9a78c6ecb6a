import fc from 'fast-check'
import {
  type Family,
  formatRule,
  formatRuleset,
  InputError,
  parseCommand,
  parseRule,
  parseRuleset,
  type Rule,
  type Ruleset,
  splitRuleWords,
} from '../../src/xtables/index.js'
import { capturedRules, capturedRulesets, runs } from '../support/xtables-fixtures.js'

const families = fc.constantFrom<Family>('ip', 'ip6')
const texts = capturedRules.map(({ rule }) => rule)
const words = [...new Set(texts.flatMap((text) => text.split(' ')))]

/**
 * Rules that their own text does not give back in full: the tool prints no `-i +`, no `-p all` and no `--fragid :`, but the
 * masks of connlimit and recent also where none was given, which are other bytes.
 */
function isLossy({ inInterface, outInterface, protocol, matches = [] }: Rule): boolean {
  if (inInterface === '+' || outInterface === '+' || protocol === 'all') return true
  return matches.some(({ match }) => match === 'connlimit' || match === 'recent' || match === 'frag')
}

/** What `read` gives; undefined for an InputError. */
function valueOr<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!InputError.is(error)) throw error
    return undefined
  }
}

/** Without what the text does not say. */
function said({ counters: _, ...rule }: Rule): Rule {
  return rule
}

/** Every rule that is read has a text, and that is read as the same rule. */
function comesBack(text: string, family: Family): boolean {
  const rule = valueOr(() => parseRule(text, { family }))
  if (!rule) return false
  const printed = formatRule(rule, { family })
  expect(printed).not.toMatch(/[\n\r\0]/)
  if (!isLossy(rule)) expect(said(parseRule(printed, { family }))).toEqual(said(rule))
  expect(formatRule(parseRule(printed, { family }), { family })).toBe(printed)
  return true
}

const place = fc.nat(0xffff)
const odd = fc.constantFrom(
  '"',
  '\\',
  ' ',
  '!',
  '-',
  '--',
  '=',
  ',',
  ':',
  '/',
  '\t',
  '\0',
  '\n',
  '\r',
  '0',
  '4294967296',
  '-1',
  '0x',
  'é',
  '\ud800',
  '__proto__',
  '%',
  '[',
  ']',
)

type Change = (text: string) => string
const inWords =
  (change: (list: string[], at: number, word: string) => void) =>
  (at: number, word: string): Change =>
  (text) => {
    const list = text.split(' ')
    change(list, at % list.length, word)
    return list.join(' ')
  }
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(place, odd).map(
    ([at, more]): Change =>
      (text) =>
        text.slice(0, at % (text.length + 1)) + more + text.slice(at % (text.length + 1)),
  ),
  fc.tuple(place, fc.nat(4)).map(
    ([at, count]): Change =>
      (text) =>
        text.slice(0, at % (text.length + 1)) + text.slice((at % (text.length + 1)) + count),
  ),
  ...[
    inWords((list, at) => list.splice(at, 1)),
    inWords((list, at, word) => list.splice(at, 0, word)),
    inWords((list, at, word) => list.splice(at, 1, word)),
    inWords((list, at) => list.splice(at, 0, list[at] as string)),
    inWords((list, at) => list.splice(at, 0, '!')),
    inWords((list, at) => list.push(...list.splice(at, 2))),
  ].map((make) => fc.tuple(place, fc.constantFrom(...words)).map(([at, word]) => make(at, word))),
)
const changed = (of: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...of), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([text, list]) => list.reduce((now, one) => one(now), text))

test('captured rules come back', () => {
  const refused = capturedRules.filter(({ rule, family, ok }) => ok && !comesBack(rule, family))
  expect(refused).toEqual([])
})

test('changed rules are a rule that comes back, or an InputError', () => {
  fc.assert(
    fc.property(changed(texts), families, (text, family) => void comesBack(text, family)),
    runs(10_000),
  )
})

test('words of all rules in any order are a rule that comes back, or an InputError', () => {
  const any = fc.array(fc.constantFrom(...words), { maxLength: 8 }).map((list) => list.join(' '))
  fc.assert(
    fc.property(any, families, (text, family) => void comesBack(text, family)),
    runs(5_000),
  )
})

test('any text is a rule that comes back, or an InputError', () => {
  const any = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .array(fc.oneof(odd, fc.constantFrom('-p', 'tcp', '-m', '-j', '-i', '-s')), { maxLength: 12 })
      .map((list) => list.join(' ')),
  )
  fc.assert(
    fc.property(any, families, (text, family) => void comesBack(text, family)),
    runs(5_000),
  )
})

test('a word in quotes is that word, whatever it holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (word) => {
      const text = `"${word.replace(/["\\]/g, '\\$&')}"`
      const found = valueOr(() => splitRuleWords(`-x ${text} y`))
      if (/[\n\r\0]/.test(word)) expect(found).toBeUndefined()
      else expect(found?.words).toEqual(['-x', word, 'y'])
    }),
    runs(2_000),
  )
})

test('changed commands are a command, or an InputError', () => {
  const commands = [
    '-A INPUT',
    '-I INPUT 2',
    '-D INPUT 1',
    '-R INPUT 1',
    '-L INPUT -nv --line-numbers',
    '-S',
    '-F',
    '-Z INPUT 1',
    '-N web',
    '-X web',
    '-P INPUT DROP',
    '-E a b',
    '-t nat -nvxL -w 5',
    '-C OUTPUT',
  ]
  const any = fc
    .tuple(changed(commands), fc.oneof(fc.constant(''), fc.constantFrom(...texts)))
    .map((parts) => parts.join(' '))
  fc.assert(
    fc.property(any, families, fc.boolean(), (text, family, restore) => {
      const command = valueOr(() => parseCommand(splitRuleWords(text), family, { restore }))
      for (const rule of command?.rules ?? []) expect(formatRule(rule, { family })).not.toMatch(/[\n\r\0]/)
    }),
    runs(5_000),
  )
})

/** Every ruleset that is read has a text, and that is read as the same ruleset. */
function rulesetComesBack(text: string, family: Family): Ruleset | undefined {
  const ruleset = valueOr(() => parseRuleset(text, { family }))
  if (!ruleset) return undefined
  const printed = formatRuleset(ruleset, { family, counters: true })
  const again = parseRuleset(printed, { family })
  expect(formatRuleset(again, { family, counters: true })).toBe(printed)
  for (const [name, table] of Object.entries(ruleset)) {
    expect(Object.keys(again[name] ?? {}).sort()).toEqual(Object.keys(table).sort())
    for (const [chain, { rules }] of Object.entries(table)) {
      if (!rules.some(isLossy)) expect(again[name]?.[chain]?.rules.map(said)).toEqual(rules.map(said))
    }
  }
  return ruleset
}

// Parts of the rulesets, so that what is tried is small.
const tables = capturedRulesets.flatMap(({ input, family }) =>
  input
    .split(/(?<=COMMIT\n)/)
    .map((text) => ({ family, text }))
    .filter(({ text }) => text.includes('*') && text.length < 4_000),
)

test('captured rulesets come back', () => {
  expect(tables.length).toBeGreaterThan(10)
  for (const { family, text } of tables) expect(rulesetComesBack(text, family)).toBeDefined()
})

test('changed rulesets are a ruleset that comes back, or an InputError', () => {
  const inLines =
    (make: (list: string[], at: number, other: number) => void) =>
    (at: number, other: number): Change =>
    (text) => {
      const list = text.split('\n')
      make(list, at % list.length, other % list.length)
      return list.join('\n')
    }
  const line: fc.Arbitrary<Change> = fc.oneof(
    change,
    ...[
      inLines((list, at) => list.splice(at, 1)),
      inLines((list, at, other) => list.splice(at, 0, list[other] as string)),
      inLines((list, at, other) => list.splice(other, 0, ...list.splice(at, 1))),
      inLines((list, at) => list.splice(at, 0, '-N other', '-A other -j ACCEPT', '-I other -p tcp', '-D other 1')),
      inLines((list, at) =>
        list.splice(at, 0, '-N other', '-A other -g other', '-E other another', '-Z', '-F another'),
      ),
    ].map((make) => fc.tuple(place, place).map(([at, other]) => make(at, other))),
  )
  const any = fc.tuple(fc.constantFrom(...tables), fc.array(line, { minLength: 1, maxLength: 4 }))
  fc.assert(
    fc.property(any, ([{ family, text }, list]) => {
      const now = list.reduce((before, one) => one(before), text)
      rulesetComesBack(now, family)
    }),
    runs(1_000),
  )
})
