import { Chain, easyOn, Rule, Table } from '../../../src/iptc/index.js'
import { FAMILIES, type Tables } from '../../support/xtables.js'
import { shown } from './python-iptables/setting.js'

/** Empties all tables of a backend, of both families: rules, and chains of the user’s. */
export async function clearAll(tables: Tables): Promise<void> {
  await using xt = await tables.open()
  const { flushAll } = easyOn({ xt })
  for (const family of FAMILIES) await flushAll({ ipv6: family === 'ip6' })
}

/** The table `filter` and its chain INPUT, opened for each test; all tables are empty after it. */
export interface Opened {
  readonly table: Table
  readonly input: Chain
}

/** Opens them before each test of a group. */
export function eachOpens(tables: Tables): Opened {
  let table: Table
  let input: Chain
  beforeEach(() => {
    table = new Table('filter', { backend: tables.backend })
    input = new Chain(table, 'INPUT')
  })
  afterEach(async () => {
    await table.close()
    await clearAll(tables)
  })
  return {
    get table() {
      return table
    },
    get input() {
      return input
    },
  }
}

/** A rule with a comment that accepts. */
export function accept(comment: string): Rule {
  const rule = new Rule({ target: 'ACCEPT' })
  rule.createMatch('comment', { comment })
  return rule
}

/** The comments of the rules of INPUT, as the C tool shows them; undefined for a rule without one. */
export function comments(tables: Tables): (string | undefined)[] {
  return shown(tables, 'ip', 'filter', 'INPUT').map((line) => / --comment (\S+)/.exec(line)?.[1])
}
