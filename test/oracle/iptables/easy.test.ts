import { easyOn, type TableDictionary } from '../../../src/iptc/index.js'
import type { Family, Xtables } from '../../../src/xtables/index.js'
import { BEFORE, describeCommands } from '../../support/iptables-oracle.js'
import { capturedRulesets } from '../../support/xtables-fixtures.js'

// What the C tool has loaded, as dictionaries in a file; emptied; and put back from the file: the C tool sees no difference.

/** Rulesets that need nothing but the tables. */
const rulesets: (readonly [string, Family, string])[] = [
  ...(['ip', 'ip6'] as const).map((family) => ['all sorts', family, BEFORE] as const),
  ...capturedRulesets.map(({ family, input }, i) => [`ruleset ${i + 1}`, family, input] as const),
]

describeCommands('all tables through a file of dictionaries, as %s has loaded them', (oracle) => {
  let xt: Xtables
  beforeAll(async () => {
    xt = await oracle.open()
  })
  afterAll(() => xt.close())

  /** The tables as dictionaries, and their policies. */
  async function dump(family: Family): Promise<string> {
    const easy = easyOn({ xt })
    const options = { ipv6: family === 'ip6' }
    const tables = await easy.dumpAll(options)
    const policies: [table: string, chain: string, policy: string][] = []
    for (const [table, chains] of Object.entries(tables)) {
      for (const chain of Object.keys(chains)) {
        const policy = await easy.getPolicy(table, chain, options)
        if (policy !== undefined) policies.push([table, chain, policy])
      }
    }
    // Counters beyond 2^53 are taken as text.
    return JSON.stringify({ tables, policies })
  }

  /** Puts them into empty tables, in one commit. */
  async function load(family: Family, file: string): Promise<void> {
    const easy = easyOn({ xt })
    const options = { ipv6: family === 'ip6' }
    const { tables, policies } = JSON.parse(file) as { tables: Record<string, TableDictionary>; policies: [string, string, string][] }
    await easy.batchBegin(undefined, options)
    for (const [table, chains] of Object.entries(tables)) {
      await easy.batchAddChains(table, Object.keys(chains), options)
      await easy.batchAddRules(table, Object.entries(chains).flatMap(([chain, rules]) => rules.map((rule) => [chain, rule] as const)), options)
    }
    for (const [table, chain, policy] of policies) if (policy !== 'ACCEPT') await easy.setPolicy(table, chain, policy, options)
    await easy.batchEnd(undefined, options)
  }

  /** What the C tool saves of the tables that hold something; counters of policies are not in dictionaries. */
  function state(family: Family): string[] {
    const text = oracle.theirs(family, '-save', ['-c']).stdout.replace(/^#.*\n/gm, '')
    const tables = text.replace(/^(:\S+ \S+) \[\d+:\d+\]$/gm, '$1').split(/^(?=\*)/m)
    return tables.filter((table) => /^\[|^:\S+ (DROP|-)/m.test(table)).sort()
  }

  test.each(rulesets)('%s, %s', async (_name, family, text) => {
    oracle.empty(family)
    oracle.load(family, text)
    const before = state(family)
    const file = await dump(family)
    oracle.empty(family)
    expect(state(family)).toEqual([])
    await load(family, file)
    expect(state(family)).toEqual(before)
    expect(await dump(family)).toBe(file)
    await easyOn({ xt }).flushAll({ ipv6: family === 'ip6' })
    expect(state(family).filter((table) => /^\[|^:\S+ -/m.test(table))).toEqual([])
  })
})
