import { Chain, easyOn, type RuleDictionary, Table, Table6 } from '../../../src/iptc/index.js'
import type { Family, Xtables } from '../../../src/xtables/index.js'
import { type KernelCase, kernelCases, withSetup } from '../../support/corpus.js'
import { emptyTables } from '../../support/iptc.js'
import { describeTables, FAMILIES, ownLock, start } from '../../support/xtables.js'

// Every rule of the corpus that the C tool loads: read as a dictionary, written to a file, read again, put elsewhere.

ownLock()

/** Dictionaries as they come back from a file. */
const throughJson = (rules: readonly RuleDictionary[]) => JSON.parse(JSON.stringify(rules)) as RuleDictionary[]

describeTables('every rule of the corpus that %s loads', (tables) => {
  describe.each(FAMILIES)('of family %s', (family: Family) => {
    const cases = kernelCases(tables.backend, family)
    const names = [...new Set(cases.map(({ table }) => table))]
    const commands = withSetup(cases)
    let xt: Xtables

    beforeAll(async () => {
      xt = await tables.open()
    })
    afterAll(() => xt.close())

    const options = { ipv6: family === 'ip6' }
    const own = (table: string) => cases.filter((one) => one.table === table)

    /** Puts rules into the chain `given` with the C tool; the dictionaries that come of them. */
    async function load(table: string, rules: readonly KernelCase[]): Promise<RuleDictionary[]> {
      emptyTables(tables, [family])
      for (const command of commands) tables.tool(family, ...command)
      const lines = rules.map(({ rule }) => `-A given ${rule}`)
      start(`${tables.programs[family]}-restore`, ['-n', '-w'], [`*${table}`, ':given - [0:0]', ':copy - [0:0]', ...lines, 'COMMIT\n'].join('\n'))
      return throughJson(await easyOn({ xt }).dumpChain(table, 'given', options))
    }

    /** What the C tool prints of the rules of a chain. */
    const rulesOf = (table: string, chain: string) =>
      tables.savedRules(family, table).filter((line) => line.startsWith(`-A ${chain}`)).map((line) => line.slice(`-A ${chain} `.length).trimEnd())

    test.each(names)('%s: added elsewhere it is the same rule', async (table) => {
      const easy = easyOn({ xt })
      const dictionaries = await load(table, own(table))
      expect(dictionaries).toHaveLength(own(table).length)
      await easy.batchBegin(table, options)
      for (const rule of dictionaries) await easy.addRule(table, 'copy', rule, options)
      await easy.batchEnd(table, options)
      const texts = rulesOf(table, 'given')
      expect(texts).toHaveLength(dictionaries.length)
      expect(rulesOf(table, 'copy')).toEqual(texts)
      expect(throughJson(await easy.dumpChain(table, 'copy', options))).toEqual(dictionaries)
    })

    test.each(names)('%s: it is found, at its place', async (table) => {
      const easy = easyOn({ xt })
      const dictionaries = await load(table, own(table))
      const texts = rulesOf(table, 'given')
      for (const rule of dictionaries.slice(0, 20)) expect([rule, await easy.hasRule(table, 'given', rule, options)]).toEqual([rule, true])
      // The table is read once.
      await easy.batchBegin(table, options)
      for (const rule of dictionaries) expect([rule, await easy.hasRule(table, 'given', rule, options), easy.testRule(rule, options)]).toEqual([rule, true, true])
      const found = await Promise.all(dictionaries.map((rule) => easy.getRulePosition(table, 'given', rule, options)))
      await easy.batchEnd(table, options)
      expect(found).toEqual(texts.map((text) => texts.indexOf(text)))
    })

    test.each(names)('%s: it is replaced', async (table) => {
      const easy = easyOn({ xt })
      const dictionaries = await load(table, own(table))
      const comment = (i: number) => ({ comment: { comment: `was ${i}` } })
      await easy.batchBegin(table, options)
      for (const [i, rule] of dictionaries.entries()) await easy.replaceRule(table, 'given', rule, comment(i), options)
      await easy.batchEnd(table, options)
      // Of equal rules the first is replaced first.
      expect(rulesOf(table, 'given')).toEqual(dictionaries.map((_, i) => `-m comment --comment "was ${i}"`))
    })

    test.each(names)('%s: it is deleted, and no other', async (table) => {
      const easy = easyOn({ xt })
      const dictionaries = await load(table, own(table))
      const texts = rulesOf(table, 'given')
      const odd = dictionaries.filter((_, i) => i % 2 === 1)
      const left = [...texts]
      for (const [i, text] of texts.entries()) if (i % 2 === 1) left.splice(left.indexOf(text), 1)
      for (const rule of odd) await easy.deleteRule(table, 'given', rule, options)
      expect(rulesOf(table, 'given')).toEqual(left)
      await easy.batchDeleteRules(table, dictionaries.filter((_, i) => i % 2 === 0).map((rule) => ['given', rule] as const), options)
      expect(rulesOf(table, 'given')).toEqual([])
    })

    test.each(names)('%s: it is deleted as an object: as it was read, taken apart, or made of a dictionary', async (name) => {
      const dictionaries = await load(name, own(name))
      const table = new (family === 'ip' ? Table : Table6)(name, { xt, autocommit: false })
      const chain = new Chain(table, 'given')
      const rules = await chain.rules
      for (const [i, rule] of rules.entries()) {
        if (i % 3 === 1) rule.counters = [1, 2]
        await chain.deleteRule(i % 3 === 2 ? easyOn({ xt }).encodeIptcRule(dictionaries[i] as RuleDictionary, options) : rule)
      }
      await table.commit()
      expect(rulesOf(name, 'given')).toEqual([])
    })
  })
})
