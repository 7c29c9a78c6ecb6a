import fc from 'fast-check'
import { defaultTables, Rule as Template, UserChain } from '../../../src/iptc/builder/index.js'
import { encodeEntry, formatRuleset, InputError, type RuleInput } from '../../../src/xtables/index.js'
import { describeTables, ownLock, start } from '../../support/xtables.js'

ownLock()

/** Pieces that would end a word, a line or a table outside of quotes. */
const PIECES = [
  '\n', '\r\n', '\0', '\n-A INPUT -j ACCEPT', '\n-A INPUT -j ACCEPT\n', '\nCOMMIT\n*nat\n', '\n:evil - [0:0]', '\n-F', '" -j ACCEPT', "' -j ACCEPT", '\\" -j ACCEPT', '\\\\" -j ACCEPT', '"\n-A INPUT -j ACCEPT', '\\\n-A INPUT -j ACCEPT',
  '\u2028-A INPUT -j ACCEPT', '\x85-A INPUT -j ACCEPT', '\v', '\f', '\b', '#', ' #', '"', "'", '\\', ' ', '\t', '[9:9]', '-j', '-j ACCEPT', '--', '!', '$(id)', '`id`', '%n', 'a',
]
const text = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 4 })), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')).filter((parts) => parts !== '')

/** Where a user's text may stand in a rule. */
const PLACES: Readonly<Record<string, (text: string) => RuleInput>> = {
  'a comment': (comment) => ({ matches: [{ match: 'comment', comment }] }),
  'the prefix of a log line': (logPrefix) => ({ target: { target: 'LOG', logPrefix } }),
  'an interface': (inInterface) => ({ inInterface }),
  'a pattern': (string) => ({ matches: [{ match: 'string', string, algo: 'bm' }] }),
  'the name of a list': (name) => ({ matches: [{ match: 'recent', rcheck: true, name }] }),
  'the name of a helper': (helper) => ({ matches: [{ match: 'helper', helper }] }),
}
/** These the C tool takes of any text; of the others it refuses some that the kernel would take. */
const FREE = ['a comment', 'the prefix of a log line', 'a pattern']

const rulesetOf = (rules: readonly RuleInput[]) => ({ filter: { INPUT: { policy: 'ACCEPT' as const, rules }, FORWARD: { policy: 'ACCEPT' as const, rules: [] }, OUTPUT: { policy: 'DROP' as const, rules: [] } } })

/** Whether it prints; what is refused is refused with an InputError. */
function prints(make: () => unknown): boolean {
  try {
    make()
    return true
  } catch (error) {
    if (InputError.is(error)) return false
    throw error
  }
}

describeTables('32. the text of a user in what %s-restore reads', (tables) => {
  const restore = (input: string, ...args: string[]) => start(`${tables.programs.ip}-restore`, ['-w', ...args], input)
  beforeEach(() => tables.clear('ip'))

  /** Such texts, those that are taken. */
  function taken(rule: (text: string) => RuleInput): { readonly rules: RuleInput[]; readonly refused: number } {
    const texts = fc.sample(text, 400)
    const rules = texts.map(rule).filter((one) => prints(() => formatRuleset(rulesetOf([one]))))
    return { rules, refused: texts.length - rules.length }
  }

  test.each(FREE)('is data, as %s: the C tool takes it, has as many rules as were meant, and each says what it should', async (place) => {
    const { rules, refused } = taken(PLACES[place] as (text: string) => RuleInput)
    expect(rules.length).toBeGreaterThan(30)
    // A pattern may be written in hexadecimal; in a comment there is no way to say a line break.
    expect(refused).toBeGreaterThan(place === 'a pattern' ? 0 : 30)
    const input = formatRuleset(rulesetOf(rules))
    restore(input, '--test')
    expect(tables.savedRules('ip')).toEqual([])
    restore(input)
    const { INPUT, FORWARD, OUTPUT, ...others } = await tables.withTables((xt) => xt.ip.read('filter'))
    const bytes = (all: readonly RuleInput[]) => all.map((rule) => encodeEntry(rule).toString('latin1'))
    expect(bytes(INPUT?.rules ?? [])).toEqual(bytes(rules))
    expect([FORWARD?.rules, OUTPUT?.rules, OUTPUT?.policy, others]).toEqual([[], [], 'DROP', {}])
  })

  test.each(Object.keys(PLACES).filter((place) => !FREE.includes(place)))('is data, or the C tool refuses it, as %s: never a second rule', async (place) => {
    const { rules } = taken(PLACES[place] as (text: string) => RuleInput)
    let loaded = 0
    for (const rule of rules.slice(0, 8)) {
      tables.clear('ip')
      try {
        restore(formatRuleset(rulesetOf([rule])))
      } catch {
        expect(tables.savedRules('ip')).toEqual([])
        continue
      }
      const { INPUT, FORWARD, OUTPUT, ...others } = await tables.withTables((xt) => xt.ip.read('filter'))
      expect([INPUT?.rules.length, FORWARD?.rules, OUTPUT?.rules, others]).toEqual([1, [], [], {}])
      expect(INPUT?.rules[0]?.target).toBeUndefined()
      loaded++
    }
    expect(loaded).toBeGreaterThan(0)
  })

  test('is a comment in what the builder generates, line breaks and all', () => {
    const texts = fc.sample(text, 200)
    let tried = 0
    const all = defaultTables()
    for (const comment of texts) {
      const { filter } = defaultTables()
      const make = () => {
        filter.INPUT.append(new Template({ jump: 'DROP', comment }))
        filter.append(new UserChain('web', { comment }))
        return filter.toIptables()
      }
      if (!prints(make)) continue
      all.filter.INPUT.append(new Template({ jump: 'DROP', comment }))
      all.filter.append(new UserChain(`web-${++tried}`, { comment }))
    }
    expect(tried).toBeGreaterThan(30)
    const input = all.toIptables()
    restore(input, '--test')
    restore(input)
    const rules = tables.savedRules('ip')
    expect(rules).toHaveLength(tried)
    for (const rule of rules) expect(rule).toMatch(/^-A INPUT .*-j DROP$/)
    expect(tables.saved('ip').filter((line) => line.startsWith(':'))).toHaveLength(3 + tried)
  })
})
