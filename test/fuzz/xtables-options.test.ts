import fc from 'fast-check'
import {
  decodeEntry,
  encodeEntry,
  type Family,
  formatRule,
  formatRuleset,
  InputError,
  type RuleInput,
} from '../../src/xtables/index.js'
import { MATCHES } from '../../src/xtables/matches/index.js'
import { TARGETS } from '../../src/xtables/targets/index.js'
import { capturedRules, runs } from '../support/xtables-fixtures.js'

const SETS = ['s1', 's2', 's3', 's4']
const families = fc.constantFrom<Family>('ip', 'ip6')

function valueOr<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!InputError.is(error)) throw error
    return undefined
  }
}

/** A rule is bytes that are read again, or an InputError; and so it is with its text. */
function take(rule: RuleInput, family: Family): void {
  const bytes = valueOr(() => encodeEntry(rule, { family, sets: SETS }))
  if (bytes) decodeEntry(bytes, { family, sets: SETS, chain: () => 'chain' })
  const text = valueOr(() => formatRule(rule, { family, counters: true }))
  if (text !== undefined) expect(text).not.toMatch(/[\n\r\0]/)
}

/** Values that options have in captured rules, as text. */
const words = [...new Set(capturedRules.flatMap(({ rule }) => rule.split(' ')).filter((word) => !word.startsWith('-')))]
const scalar = fc.oneof(
  fc.constantFrom(...words),
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    false,
    0,
    1,
    -1,
    1.5,
    255,
    65535,
    65536,
    2 ** 32,
    Number.NaN,
    1n,
    2n ** 64n,
    '',
    'a\nb',
    'a\0b',
    '\ud800',
  ),
  fc.integer({ min: -1, max: 70_000 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const keys = [
  'not',
  'address',
  'ports',
  'basePort',
  'mask',
  'set',
  'flags',
  'value',
  'bytes',
  'per',
  'count',
  'from',
  'to',
  'rate',
  'packets',
  'types',
  'type',
  'code',
  'length',
  'map',
  'tests',
  'ranges',
  'location',
  'elements',
  'days',
  'negated',
]
const value = fc.letrec<{ value: unknown; object: unknown; list: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    { weight: 4, arbitrary: scalar },
    tie('object'),
    tie('list'),
  ),
  object: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 3, depthIdentifier: 'value' }),
  list: fc.array(tie('value'), { maxLength: 3, depthIdentifier: 'value' }),
})).value
const anything = fc.oneof(
  value,
  value.map((not) => ({ not })),
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withTypedArray: true,
    maxDepth: 2,
  }),
)

const extensions = [...MATCHES, ...TARGETS]
const optionsOf = (index: number) => {
  const { type, name, options } = extensions[index % extensions.length] as (typeof extensions)[number]
  return fc
    .dictionary(fc.constantFrom(...Object.keys(options), 'nosuch'), anything, { maxKeys: 4 })
    .map((given) => ({ ...given, [type]: name }))
}
const part = fc.nat(extensions.length - 1).chain(optionsOf)
const protocols = fc.constantFrom(undefined, 'tcp', 'udp', 'sctp', 'icmp', 58, 'dccp')

/** A rule with one match or target. */
function ruleOf(options: Readonly<Record<string, unknown>>, protocol: unknown): RuleInput {
  return ('match' in options ? { protocol, matches: [options] } : { protocol, target: options }) as unknown as RuleInput
}

test('options of any extension with any values are bytes, or an InputError', () => {
  fc.assert(
    fc.property(part, protocols, families, (options, protocol, family) => take(ruleOf(options, protocol), family)),
    runs(10_000),
  )
})

test.each(extensions.map(({ type, name, families: of }, index) => [type, name, of?.[0] ?? 'ip', index] as const))(
  'every option of %s %s (%s) with any value is bytes, or an InputError',
  (_, __, family, index) => {
    fc.assert(
      fc.property(optionsOf(index), protocols, (options, protocol) => take(ruleOf(options, protocol), family)),
      runs(60),
    )
  },
)

test('rules of any values are bytes, or an InputError', () => {
  const rule = fc.dictionary(
    fc.constantFrom(
      'source',
      'destination',
      'inInterface',
      'outInterface',
      'protocol',
      'fragment',
      'header',
      'matches',
      'target',
      'counters',
      'nosuch',
    ),
    fc.oneof(
      anything,
      fc.array(fc.oneof(part, anything), { maxLength: 2 }),
      fc.dictionary(
        fc.constantFrom('target', 'jump', 'goto', 'match', 'name', 'revision', 'info', 'packets', 'bytes'),
        fc.oneof(scalar, fc.constantFrom('unknown', 'ACCEPT', 'LOG')),
        { maxKeys: 4 },
      ),
    ),
    { maxKeys: 4 },
  )
  fc.assert(
    fc.property(rule, families, (given, family) => take(given as RuleInput, family)),
    runs(10_000),
  )
})

test.each([null, undefined, 5, 5n, '', 'x', true, () => {}, Symbol('x')])('%p, which is no rule at all, is an InputError', (given) => {
  for (const use of [encodeEntry, formatRule]) expect(valueOr(() => use(given as never))).toBeUndefined()
})

test('what is no ruleset at all is an InputError', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('filter', 'nat', 'a\nb'),
        fc.oneof(
          anything,
          fc.dictionary(
            fc.constantFrom('INPUT', 'web', 'a b', 'a\nb'),
            fc.oneof(
              anything,
              fc.record({ policy: anything, rules: anything, counters: anything }, { requiredKeys: [] }),
            ),
          ),
        ),
        { maxKeys: 2 },
      ),
      (given) => void valueOr(() => formatRuleset(given as never)),
    ),
    runs(2_000),
  )
})
