import { formatRuleset, parseRule } from '../../../src/xtables/index.js'
import { describeNft, FAMILIES, ownLock, start } from '../../support/xtables.js'
import { nft } from '../../support/nft-tables.js'

ownLock()

/** The tables in another order than the tool prints them in. */
const MADE = ['nat', 'filter', 'raw', 'security', 'mangle']

describeNft('the tables of nf_tables', (tables) => {
  afterEach(() => void nft('flush', 'ruleset'))

  test.each(FAMILIES)('%s: are read in the order of iptables-nft-save, whoever made which first', async (family) => {
    for (const table of MADE) tables.tool(family, '-t', table, '-A', 'OUTPUT', '-j', 'ACCEPT')
    const text = await tables.withTables(async (xt) => formatRuleset(await xt[family].readAll()))
    const order = (text: string) => text.match(/^\*\w+$/gm)
    expect(order(text)).toHaveLength(MADE.length)
    expect(order(text)).toEqual(order(start(`${tables.programs[family]}-save`, [])))
  })

  test.each(FAMILIES)('%s: each may hold a rule with TRACE, as for iptables-nft', async (family) => {
    for (const table of MADE) {
      await tables.withTables((xt) => xt.transaction((tx) => tx[family].append(table, 'OUTPUT', parseRule('-j TRACE', { family }))))
      tables.tool(family, '-t', table, '-C', 'OUTPUT', '-j', 'TRACE')
    }
  })
})
