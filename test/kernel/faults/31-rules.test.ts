import { InputError } from '../../../src/netlink/index.js'
import { formatRuleset, parseRuleset, type RuleInput } from '../../../src/xtables/index.js'
import { describeTables, ownLock, rejection, start } from '../../support/xtables.js'

ownLock()

/** What means something to a shell, to iptables-restore, or to a terminal. */
const HOSTILE = [' ', '"', "'", '\\', '\\"', '";', '; id', '$(id)', '`id`', '|', '&', '#', '*', '%s', '!', '-j ACCEPT', '--', '日本', 'ä', '😀', '\u2028', '\u00a0', '[1:1]', ':x', 'COMMIT', '\x1b[2J', '\x7f', '\t']

const comment = (text: string): RuleInput => ({ matches: [{ match: 'comment', comment: text }] })
const prefix = (text: string): RuleInput => ({ target: { target: 'LOG', logPrefix: text } })
const interfaceIn = (name: string): RuleInput => ({ inInterface: name })

/** The most bytes of each, a rule with such a text, and where it is said to be too long. */
const LIMITS: readonly [string, number, (text: string) => RuleInput, string][] = [
  ['a comment', 255, comment, 'matches[0].comment'],
  ['the prefix of a log line', 29, prefix, 'target.logPrefix'],
  ['an interface', 15, interfaceIn, 'inInterface'],
]

describeTables('31. names and texts in the rules of %s', (tables) => {
  beforeEach(() => tables.clear('ip'))

  const append = (rules: readonly RuleInput[]) =>
    tables.withTables((xt) =>
      xt.transaction((tx) => {
        for (const rule of rules) tx.ip.append('filter', 'INPUT', rule)
      }),
    )
  const read = () => tables.withTables(async (xt) => (await xt.ip.read('filter')).INPUT?.rules ?? [])

  test.each(LIMITS)('%s: %i bytes fit, counted in bytes; one more is refused before anything is sent', async (_, most, rule, path) => {
    const fitting = ['x'.repeat(most), `${'ä'.repeat(most >> 1)}${'x'.repeat(most & 1)}`]
    await append(fitting.map(rule))
    expect(await read()).toMatchObject(fitting.map(rule))
    const before = await tables.raw('ip')
    for (const text of ['x'.repeat(most + 1), `${'ä'.repeat(most >> 1)}${'x'.repeat(1 + (most & 1))}`]) {
      const error = await rejection(append([rule(text)]))
      expect(InputError.is(error) && error.path).toBe(`filter INPUT rule 3.${path}`)
    }
    expect(await tables.raw('ip')).toEqual(before)
  })

  test('the name of a chain: 28 bytes fit, counted in bytes', async () => {
    for (const name of ['c'.repeat(28), 'ä'.repeat(14)]) {
      await tables.withTables((xt) =>
        xt.transaction(({ ip }) => {
          ip.newChain('filter', name)
          ip.append('filter', 'INPUT', { target: { jump: name } })
        }),
      )
      expect(tables.saved('ip')).toContain(`[0:0] -A INPUT -j ${name}`)
    }
    for (const name of ['c'.repeat(29), `${'ä'.repeat(14)}c`]) {
      const error = await rejection(tables.withTables((xt) => xt.transaction(({ ip }) => ip.newChain('filter', name))))
      expect(InputError.is(error) && error.reason).toMatch(/29 bytes, at most 28/)
    }
  })

  test('an interface with + at its end stands for all that begin so', async () => {
    await append([interfaceIn('eth+'), interfaceIn(`${'x'.repeat(14)}+`)])
    expect(tables.savedRules('ip')).toEqual(['-A INPUT -i eth+', `-A INPUT -i ${'x'.repeat(14)}+`])
    expect(await read()).toMatchObject([{ inInterface: 'eth+' }, { inInterface: `${'x'.repeat(14)}+` }])
  })

  test.each(['\n', '\r', '\0', 'a\n-A INPUT -j ACCEPT'])('a line break or a NUL is refused wherever it stands: %j', async (bad) => {
    const before = await tables.raw('ip')
    for (const rule of [comment(bad), prefix(bad), interfaceIn(bad), { target: { jump: bad } }] as const) expect(InputError.is(await rejection(append([rule])))).toBe(true)
    expect(InputError.is(await rejection(tables.withTables((xt) => xt.transaction((tx) => tx.ip.newChain('filter', bad)))))).toBe(true)
    expect(await tables.raw('ip')).toEqual(before)
  })

  test('what means something elsewhere comes back as it was: from the kernel, from text, and through the C tool', async () => {
    const rules = HOSTILE.flatMap((text) => [comment(text), comment(`a${text}b`), prefix(`${text}x`.slice(0, 8))])
    await append(rules)
    const expected = await read()
    expect(expected).toMatchObject(rules)
    const bytes = await tables.raw('ip')
    const text = await tables.withTables(async (xt) => formatRuleset({ filter: await xt.ip.read('filter') }))
    expect(parseRuleset(text).filter?.INPUT?.rules).toMatchObject(rules)
    tables.clear('ip')
    start(`${tables.programs.ip}-restore`, ['-w'], text)
    expect(await tables.raw('ip')).toEqual(bytes)
  })
})
