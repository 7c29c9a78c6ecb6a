import fc from 'fast-check'
import { AbstractRule, BuiltinChain, CustomRule, ForwardingRule, HostList, Jump, Match, Rule, type RuleArguments, Table, Tables, UserChain } from '../../../../src/iptc/builder/index.js'
import { InputError } from '../../../../src/netlink/index.js'
import { parseRuleset, type Rule as RuleData, type Ruleset } from '../../../../src/xtables/index.js'

/** Pieces that would mean something outside of quotes and comments. */
const PIECES = [
  '\n', '\r\n', '\r', '\0', '"', "'", '\\', ' ', '\t', '-j ACCEPT', '-jACCEPT', '\n-A INPUT -j ACCEPT', '\nCOMMIT\n*nat\n', 'unknown: -A INPUT -j ACCEPT', ':x - [0:0]', '#', '[1:1]', '!', '--',
  '-', '-M /bin/sh', 'ü', '漢', '\u2028', '\x1b[31m', '\\"', ',', '=', '__not', 'a', '0', '1.1.1.1', '',
]
const text = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 6 }).map((parts) => parts.join(''))

function tablesWith(rule: AbstractRule, comment?: string): Tables {
  const chains = [new BuiltinChain('INPUT', 'DROP', { rules: [rule], comment }), new BuiltinChain('FORWARD', 'ACCEPT'), new BuiltinChain('OUTPUT', 'ACCEPT'), new UserChain('web', { comment })]
  return new Tables(new Table('filter', ...chains))
}

/** What is read of the text; undefined where it is refused, by the builder. */
function readBack(make: () => Tables): Ruleset | undefined {
  let generated: string
  try {
    generated = make().toIptables()
  } catch (error) {
    if (InputError.is(error)) return undefined
    throw error
  }
  try {
    return parseRuleset(generated)
  } catch (error) {
    // Where a rule jumps to is seen when it is put into a table.
    if (InputError.is(error) && error.reason.startsWith('there is neither a target')) return undefined
    throw error
  }
}

/** Runs it with many texts; at least so many must have been printed. Checks that one rule came out, and gives it. */
function check(make: (value: string) => Tables, expected: (rule: RuleData, value: string) => void, atLeast: number): void {
  let printed = 0
  fc.assert(
    fc.property(text, (value) => {
      const ruleset = readBack(() => make(value))
      if (!ruleset) return
      printed++
      expect(Object.keys(ruleset)).toEqual(['filter'])
      expect(Object.keys(ruleset.filter ?? {})).toEqual(['INPUT', 'FORWARD', 'OUTPUT', 'web'])
      const { INPUT, ...others } = ruleset.filter as Ruleset[string]
      for (const { rules } of Object.values(others)) expect(rules).toEqual([])
      expect(INPUT?.rules).toHaveLength(1)
      expected(INPUT?.rules[0] as RuleData, value)
    }),
    { numRuns: 300 },
  )
  expect(printed).toBeGreaterThan(atLeast)
}

test('the comment of a rule stays a comment, line breaks and quotes in it', () => {
  check((comment) => tablesWith(new Rule({ proto: 'tcp', jump: 'DROP', comment })), (rule, comment) => {
    expect(rule.target).toEqual({ target: 'DROP' })
    const said = comment.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    expect(rule.matches ?? []).toEqual(comment === '' ? [] : [{ match: 'comment', comment: said }])
  }, 200)
})

test('the comment of a chain is no rule', () => {
  check((comment) => tablesWith(Jump('web'), comment.repeat(20)), (rule) => expect(rule.target).toEqual({ jump: 'web' }), 200)
})

test('the comment of a chain is on lines that iptables-restore reads at once', () => {
  const lines = tablesWith(Jump('web'), `${'漢'.repeat(10_000)}-A INPUT -j ACCEPT`).toIptables().split('\n')
  expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThan(10_239)
})

test('the comment of a CustomRule stays one', () => {
  check((comment) => tablesWith(new CustomRule('-j DROP', comment)), (rule, comment) => {
    expect(rule).toMatchObject({ target: { target: 'DROP' } })
    expect(rule.matches ?? []).toHaveLength(comment === '' ? 0 : 1)
  }, 200)
})

test('a CustomRule is one rule, or refused', () => {
  check((value) => tablesWith(new CustomRule(`-m comment --comment ${value}`)), (rule) => expect(rule.matches).toHaveLength(1), 10)
})

test.each<[string, (value: string) => RuleArguments, RuleData['target'] | undefined, number]>([
  ['a prefix', (logPrefix) => ({ jump: 'LOG', logPrefix }), undefined, 50],
  ['a text to look for', (string) => ({ match: 'string', algo: 'bm', string, jump: 'DROP' }), { target: 'DROP' }, 50],
  ['the name of a set', (name) => ({ match: 'set', matchSet: [name, 'src'], jump: 'DROP' }), { target: 'DROP' }, 50],
  ['a list of words', (words) => ({ match: 'set', matchSet: words.split(' '), jump: 'DROP' }), { target: 'DROP' }, -1],
  ['an interface', (inInterface) => ({ inInterface, jump: 'DROP' }), { target: 'DROP' }, 50],
  ['an address', (source) => ({ source, jump: 'DROP' }), { target: 'DROP' }, -1],
  ['the value of a flag', (syn) => ({ proto: 'tcp', syn, jump: 'DROP' }), { target: 'DROP' }, -1],
  ['the name of an option', (name) => ({ proto: 'tcp', [name]: '5', jump: 'DROP' }), { target: 'DROP' }, -1],
  ['the name of a match', (match) => ({ match, jump: 'DROP' }), { target: 'DROP' }, -1],
  ['a value of an option of one letter', (x) => ({ c: [5, x], jump: 'DROP' }), { target: 'DROP' }, -1],
])('%s is a value and nothing else', (_, given, target, atLeast) => {
  check((value) => tablesWith(new Rule(given(value))), (rule) => (target ? expect(rule.target).toEqual(target) : expect(rule.target).toHaveProperty('target', 'LOG')), atLeast)
})

test('a target is a target or a chain, one word', () => {
  let jumps = 0
  fc.assert(
    fc.property(text, (jump) => {
      const ruleset = readBack(() => new Tables(new Table('filter', new UserChain(jump), new UserChain('start', { rules: [new Rule({ jump, proto: 'tcp' })] }))))
      if (!ruleset) return
      jumps++
      expect(ruleset.filter?.start?.rules).toEqual([{ protocol: 'tcp', target: { jump } }])
    }),
    { numRuns: 500 },
  )
  expect(jumps).toBeGreaterThan(20)
})

test('the names and addresses of places stay in their place', () => {
  check((value) => tablesWith(new ForwardingRule({ policy: 'DROP', sources: [new HostList([value])], args: [new Match('limit', { limit: '1/s' })] })), (rule) => expect(rule.target).toEqual({ target: 'DROP' }), -1)
})

test('the names of chains and tables are names, or refused', () => {
  let printed = 0
  fc.assert(
    fc.property(text, (name) => {
      const ruleset = readBack(() => new Tables(new Table('filter', new UserChain(name, { rules: [new Rule({ jump: 'DROP' })] }))))
      if (!ruleset) return
      printed++
      expect(ruleset.filter?.[name]?.rules).toEqual([{ target: { target: 'DROP' } }])
      expect(Object.values(ruleset.filter ?? {}).flatMap(({ rules }) => rules)).toHaveLength(1)
    }),
    { numRuns: 300 },
  )
  expect(printed).toBeGreaterThan(20)
})

test('what a rule of the caller’s own kind says is one rule, or refused', () => {
  class Own extends AbstractRule {
    readonly #text: string
    constructor(said: string) {
      super()
      this.#text = said
    }

    ruleDefinitions(): readonly string[] {
      return [this.#text]
    }
  }
  check((value) => tablesWith(new Own(`-j DROP -m comment --comment "${value}"`)), () => undefined, 50)
})
