import fc from 'fast-check'
import { formatRuleset, InputError, type Ruleset, type Xtables } from '../../../src/xtables/index.js'
import { describeCommands, type Oracle } from '../../support/iptables-oracle.js'

/** Pieces that would mean something outside of quotes. */
const PIECES = ['"', "'", '\\', ' ', '  ', '\t', '-j ACCEPT', '-A INPUT -j ACCEPT', 'COMMIT', '*nat', ':x - [0:0]', '#', '[1:1]', '!', '--', 'ü', '漢', '🔥', '\u00a0', '\u2028', '`id`', '$(id)', '%s', ';', '|', '\\"', '\\\\', 'a', '0', '']
const text = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'grapheme', maxLength: 4 })), { maxLength: 8 }).map((parts) => parts.join(''))
const name = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 3 })), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''))

const base = (rules: Ruleset[string][string]['rules']): Ruleset => ({
  filter: { INPUT: { policy: 'ACCEPT', rules: [] }, FORWARD: { policy: 'ACCEPT', rules }, OUTPUT: { policy: 'ACCEPT', rules: [] } },
})

/** Prints it; undefined where it is refused. */
function printed(make: () => string): string | undefined {
  try {
    return make()
  } catch (error) {
    if (InputError.is(error)) return undefined
    throw error
  }
}

const rulesOf = (saved: string) => saved.split('\n').filter((line) => /^\[\d+:\d+\] /.test(line))
const chainsOf = (saved: string) => saved.slice(saved.indexOf('*filter')).split('\n').filter((line) => line.startsWith(':'))

/** Loads one rule that we printed: the C tool must have it alone, word for word; or the text is refused by one of the two. */
async function expectOne(oracle: Oracle, xt: Xtables, saved: string): Promise<'loaded' | 'refused there'> {
  oracle.clear('ip', ['filter'])
  const { code } = oracle.theirs('ip', '-restore', ['-c'], { input: saved })
  const after = oracle.state('ip')
  if (code !== 0) {
    expect(rulesOf(after)).toEqual([])
    return 'refused there'
  }
  expect(rulesOf(saved)).toHaveLength(1)
  expect(rulesOf(after)).toHaveLength(1)
  expect(chainsOf(after)).toEqual(chainsOf(saved))
  // Its own text has names without quotes: what the kernel has is read by us.
  const filter = await xt.ip.read('filter')
  expect(formatRuleset({ filter }, { counters: true })).toBe(saved)
  return 'loaded'
}

describeCommands('what is in a name or a comment stays there, in what %s reads', (oracle) => {
  const check = async (arbitrary: fc.Arbitrary<string>, save: (value: string) => string, atLeast: number) => {
    const seen = { loaded: 0, 'refused there': 0, 'refused here': 0 }
    await using xt = await oracle.open()
    await fc.assert(
      fc.asyncProperty(arbitrary, async (value) => {
        const saved = printed(() => save(value))
        seen[saved === undefined ? 'refused here' : await expectOne(oracle, xt, saved)]++
      }),
      { numRuns: oracle.choose({ legacy: 120, nft: 60 }) },
    )
    expect(seen.loaded).toBeGreaterThan(atLeast / oracle.choose({ legacy: 1, nft: 2 }))
    return seen
  }
  const options = { counters: true } as const

  test('a comment', async () => {
    const seen = await check(text, (comment) => formatRuleset(base([{ matches: [{ match: 'comment', comment }], target: { target: 'DROP' } }]), options), 80)
    expect(seen['refused there']).toBe(0)
  })

  test('the prefix of a log line', async () => {
    await check(text, (prefix) => formatRuleset(base([{ target: { target: 'LOG', logPrefix: prefix } } as never]), options), 40)
  })

  test('the name of an interface', async () => {
    await check(name, (inInterface) => formatRuleset(base([{ inInterface, target: { target: 'DROP' } }]), options), 10)
  })

  test('the name of a chain', async () => {
    await check(name, (chain) => formatRuleset({ filter: { ...base([{ target: { jump: chain } }]).filter, [chain]: { rules: [] } } }, options), 10)
  })

  test('a pattern, a name of a list', async () => {
    await check(text, (pattern) => formatRuleset(base([{ matches: [{ match: 'string', string: pattern, algo: 'bm' } as never] }]), options), 20)
    await check(name, (list) => formatRuleset(base([{ matches: [{ match: 'recent', set: true, name: list } as never] }]), options), 10)
  })

  test.each(['\n', '\r', '\0', 'x\n-A INPUT -j ACCEPT', 'x\r\n-A INPUT -j ACCEPT'])('a line break or NUL is refused: %j', (bad) => {
    const rules = [
      { matches: [{ match: 'comment', comment: bad }] },
      { target: { target: 'LOG', logPrefix: bad } as never },
      { inInterface: bad },
      { target: { jump: bad } },
    ] as const
    for (const rule of rules) expect(() => formatRuleset(base([rule]))).toThrow(InputError)
    expect(() => formatRuleset({ filter: { ...base([]).filter, [bad]: { rules: [] } } })).toThrow(InputError)
    expect(() => formatRuleset({ [bad]: {} })).toThrow(InputError)
  })
})
