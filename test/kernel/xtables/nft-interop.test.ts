import { formatRule, parseRule } from '../../../src/xtables/index.js'
import { describeNft, FAMILIES, ownLock, start } from '../../support/xtables.js'
import { handles, nft, type NftCase, nftCases } from '../../support/nft-tables.js'

ownLock()

/** The legacy tables hold 63 bytes of a prefix, nf_tables more: a rule means the same on both here, and one with more is nft's. */
const PREFIX = /(--nflog-prefix \S{63})\S+/
/** What nft 1.0.6 does not list, whoever has written it: it crashes (hashlimit, IPv6), or complains of a missing file (connlabel). */
const UNLISTED = /--hashlimit-rate-match|-m connlabel/

/** Rules by the chain they go to: `filter INPUT`. */
function byChain(cases: readonly NftCase[]): readonly (readonly [table: string, chain: string, cases: readonly NftCase[]])[] {
  const found = new Map<string, NftCase[]>()
  for (const one of cases) found.set(`${one.table} ${one.chain}`, [...(found.get(`${one.table} ${one.chain}`) ?? []), one])
  return [...found].map(([place, rules]) => [...(place.split(' ') as [string, string]), rules] as const)
}

describeNft('every rule of the corpus that iptables-nft loads', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    const groups = byChain(nftCases.filter((one) => one.family === family))
    const setup = [...new Set(groups.flatMap(([, , cases]) => cases.flatMap(({ setup = [] }) => setup)))]
    const commands = setup.filter((line) => line.startsWith('%')).map((line) => line.split(' ').slice(1))

    // Sets, accounts and timeout policies that rules name.
    beforeAll(() => {
      for (const line of setup) if (line.startsWith('@')) start('sh', ['-c', line.slice(1)])
    })
    afterAll(() => {
      nft('flush', 'ruleset')
      for (const line of setup) {
        const [, program, kind, name] = /^@(\w+) (create|add|timeout add) (\w+)/.exec(line) ?? []
        if (program === 'ipset') start(program, ['destroy', name as string])
        else if (program === 'nfacct') start(program, ['delete', name as string])
        else if (program) start(program, [(kind as string).split(' ')[0] as string, 'delete', name as string])
      }
    })

    beforeEach(() => {
      nft('flush', 'ruleset')
      for (const command of commands) tables.tool(family, ...command)
    })

    /** The rules of a chain as iptables-nft-save prints them, without those of the setup. */
    const rulesOf = (table: string, chain: string) => {
      const before = commands.filter(([letter, name]) => letter === '-I' && table === 'filter' && name === chain).length
      const lines = tables.savedRules(family, table).filter((line) => line.startsWith(`-A ${chain}`))
      return lines.slice(before).map((line) => line.slice(`-A ${chain} `.length))
    }
    /** Has iptables-nft-restore do the same with all rules: `-A`, `-C` or `-D`. Throws with the line where it cannot. */
    const restore = (table: string, letter: string, chain: string, rules: readonly string[]) =>
      start(`${tables.programs[family]}-restore`, ['-n'], [`*${table}`, ...rules.map((rule) => `${letter} ${chain} ${rule}`), 'COMMIT\n'].join('\n'))

    test.each(groups)('written here, in %s %s, is what iptables-nft prints, finds and deletes', async (table, chain, cases) => {
      const write = (more: readonly NftCase[]) =>
        tables.withTables((xt) =>
          xt.transaction((tx) => {
            for (const { rule } of more) tx[family].append(table, chain, parseRule(rule, { family }))
          }),
        )
      const [plain, unlisted] = [cases.filter(({ rule }) => !UNLISTED.test(rule)), cases.filter(({ rule }) => UNLISTED.test(rule))]
      await write(plain)
      expect(nft('list', 'ruleset')).toContain(`chain ${chain} {`)
      nft('-c', 'add', 'rule', family, table, chain, 'counter')
      await write(unlisted)
      const written = [...plain, ...unlisted]
      expect(rulesOf(table, chain)).toEqual(written.map(({ expect }) => expect.replace(PREFIX, '$1')))
      const short = written.map(({ rule }) => rule.replace(PREFIX, '$1'))
      restore(table, '-C', chain, short)
      restore(table, '-D', chain, short)
      expect(rulesOf(table, chain)).toEqual([])
    })

    test.each(groups)('written by iptables-nft, in %s %s, is read and found here, and not written again', async (table, chain, cases) => {
      restore(table, '-A', chain, cases.map(({ rule }) => rule))
      const texts = rulesOf(table, chain)
      expect(texts).toEqual(cases.map(({ expect }) => expect))
      await tables.withTables(async (xt) => {
        const rules = (await xt[family].read(table))[chain]?.rules ?? []
        const read = rules.slice(-cases.length).map((rule) => formatRule(rule, { family }))
        expect(read).toEqual(texts.map((text) => (PREFIX.test(text) ? expect.stringMatching(/^--nft-expressions [0-9a-f]+$/) : text)))
        const missing = await xt.transaction(async ({ [family]: tx }) => {
          const answers = await Promise.all(cases.map(({ rule }) => tx.has(table, chain, parseRule(rule, { family }))))
          return cases.filter((_, i) => !answers[i]).map(({ rule }) => rule)
        })
        expect(missing.filter((rule) => !PREFIX.test(rule))).toEqual([])
        const before = await handles(family, chain, table)
        // From the words that iptables-nft was given: what it prints of a rule may say less.
        const again = rules.map(({ counters, ...read }, i) => {
          const { rule } = cases[i - rules.length + cases.length] ?? {}
          return rule === undefined || PREFIX.test(rule) ? read : parseRule(rule, { family })
        })
        await xt.transaction((tx) => tx[family].replaceChain(table, chain, again))
        const after = await handles(family, chain, table)
        // Of rules that say the same in different bytes one may stand for the other.
        const anew = texts.filter((_, i) => after.at(i - texts.length) !== before.at(i - texts.length))
        expect(anew.filter((text) => texts.indexOf(text) === texts.lastIndexOf(text))).toEqual([])
      })
      expect(rulesOf(table, chain)).toEqual(texts)
    })

    test.each(groups)('written by iptables-nft, in %s %s, is replaced and deleted here by its content', async (table, chain, cases) => {
      restore(table, '-A', chain, cases.map(({ rule }) => rule))
      const own = cases.slice(1).filter(({ rule }) => !PREFIX.test(rule))
      const all = () => tables.savedRules(family, table).filter((line) => line.startsWith(`-A ${chain}`)).map((line) => line.trimEnd())
      const expected = all()
      expected[expected.length - cases.length] = `-A ${chain} -m comment --comment replaced`
      await tables.withTables(async (xt) => {
        await xt.transaction(async ({ [family]: tx }) => {
          const first = (await tx.rules(table, chain)).length - cases.length + 1
          tx.replace(table, chain, first, parseRule('-m comment --comment replaced', { family }))
          for (const { rule } of own) tx.delete(table, chain, parseRule(rule, { family }))
        })
      })
      // Of equal rules the first goes.
      for (const one of own) expected.splice(expected.indexOf(`-A ${chain} ${one.expect}`.trimEnd()), 1)
      expect(all()).toEqual(expected)
    })
  })
})

describeNft('what is written here beside what iptables-nft writes', (tables) => {
  beforeEach(() => nft('flush', 'ruleset'))

  const PLACES = {
    raw: ['PREROUTING', 'OUTPUT'],
    mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
    nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
    filter: ['INPUT', 'FORWARD', 'OUTPUT'],
    security: ['INPUT', 'FORWARD', 'OUTPUT'],
  }

  test.each(FAMILIES)('begins with the same tables and chains: hooks, priorities and types (%s)', async (family) => {
    const places = Object.entries(PLACES).flatMap(([table, chains]) => chains.map((chain) => [table, chain] as const))
    for (const [table, chain] of places) tables.tool(family, '-t', table, '-A', chain, '-p', 'tcp')
    const theirs = nft('list', 'ruleset')
    nft('flush', 'ruleset')
    await tables.withTables((xt) =>
      xt.transaction((tx) => {
        for (const [table, chain] of places) tx[family].append(table, chain, parseRule('-p tcp'))
      }),
    )
    expect(nft('list', 'ruleset')).toBe(theirs)
    expect(theirs.match(/chain [A-Z]+ \{/g)).toHaveLength(places.length)
  })

  test.each(FAMILIES)('makes the chain that is needed, and no other (%s)', async (family) => {
    await tables.withTables((xt) => xt.transaction((tx) => tx[family].append('mangle', 'OUTPUT', parseRule('-p tcp'))))
    const ours = nft('list', 'ruleset')
    nft('flush', 'ruleset')
    tables.tool(family, '-t', 'mangle', '-A', 'OUTPUT', '-p', 'tcp')
    expect(ours).toBe(nft('list', 'ruleset'))
    expect(ours).toMatch(/type route hook output priority mangle/)
  })

  test.each(FAMILIES)('is changed by both in turns (%s)', async (family) => {
    const own = parseRule('-m comment --comment own')
    await tables.withTables(async (xt) => {
      for (let i = 1; i <= 5; i++) {
        await xt.transaction(({ [family]: tx }) => {
          tx.newChain('filter', `ours-${i}`)
          tx.insert('filter', 'INPUT', { ...own, target: { jump: `ours-${i}` } })
        })
        tables.tool(family, '-A', `ours-${i}`, '-p', 'tcp', '-j', 'RETURN')
        tables.tool(family, '-N', `theirs-${i}`)
        tables.tool(family, '-I', 'INPUT', '2', '-p', 'udp', '-g', `theirs-${i}`)
        await xt.transaction((tx) => tx[family].append('filter', `theirs-${i}`, own))
        tables.tool(family, '-E', `ours-${i}`, `mine-${i}`)
        await xt.transaction((tx) => tx[family].renameChain('filter', `theirs-${i}`, `yours-${i}`))
        if (i % 2 === 0) {
          tables.tool(family, '-D', 'INPUT', '-m', 'comment', '--comment', 'own', '-j', `mine-${i}`)
          await xt.transaction(({ [family]: tx }) => {
            tx.flush('filter', `mine-${i}`)
            tx.deleteChain('filter', `mine-${i}`)
            tx.delete('filter', 'INPUT', { ...parseRule('-p udp'), target: { goto: `yours-${i}` } })
          })
          tables.tool(family, '-F', `yours-${i}`)
          tables.tool(family, '-X', `yours-${i}`)
        }
      }
      const odd = [1, 3, 5]
      const pairs = [...odd].reverse().flatMap((i) => [`-A INPUT -m comment --comment own -j mine-${i}`, `-A INPUT -p udp -g yours-${i}`])
      expect(tables.savedRules(family)).toEqual([
        ...pairs,
        ...odd.map((i) => `-A mine-${i} -p tcp -j RETURN`),
        ...odd.map((i) => `-A yours-${i} -m comment --comment own`),
      ])
      expect(Object.keys(await xt[family].read('filter')).slice(3)).toEqual([...odd.map((i) => `mine-${i}`), ...odd.map((i) => `yours-${i}`)])
    })
  })
})
