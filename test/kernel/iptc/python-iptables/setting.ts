import { Chain, type Rule, Table, Table6, type TableOptions } from '../../../../src/iptc/index.js'
import { InputError } from '../../../../src/netlink/index.js'
import type { FAMILIES, Tables } from '../../../support/xtables.js'

/** A table with a chain of its own for each test: both are made before it, and gone after it. */
export interface Setting {
  readonly table: Table
  readonly chain: Chain
}

/** Makes a chain before each test of a class, and takes it away again. */
export function eachHasChain(open: (options: TableOptions) => Table, tables: Tables, name: string): Setting {
  let table: Table
  let chain: Chain
  beforeEach(async () => {
    table = open({ backend: tables.backend })
    chain = await table.createChain(name)
  })
  afterEach(async () => {
    table.autocommit = true
    await table.refresh()
    await chain.flush()
    await chain.delete()
    await table.close()
  })
  return {
    get table() {
      return table
    },
    get chain() {
      return chain
    },
  }
}

/** Runs with a table that is closed afterwards. */
export async function withTable<T>(tables: Tables, name: string, body: (table: Table) => Promise<T>): Promise<T> {
  await using table = new Table(name, { backend: tables.backend })
  return await body(table)
}

/** As `withTable`, of IPv6. */
export async function withTable6<T>(tables: Tables, name: string, body: (table: Table6) => Promise<T>): Promise<T> {
  await using table = new Table6(name, { backend: tables.backend })
  return await body(table)
}

/** The rules of a chain as the C tool shows them, without the words that name the chain. */
export function shown(tables: Tables, family: (typeof FAMILIES)[number], table: string, chain: string): string[] {
  const before = `-A ${chain} `
  return tables.savedRules(family, table).filter((line) => line.startsWith(before)).map((line) => line.slice(before.length))
}

/** Each value is refused at once, by an InputError, and what the property was before is not touched. */
export function refuses<T extends object, K extends keyof T>(target: T, key: K, values: readonly unknown[]): void {
  for (const value of values) {
    const before = target[key]
    let error: unknown
    try {
      target[key] = value as T[K]
    } catch (thrown) {
      error = thrown
    }
    expect([value, InputError.is(error)]).toEqual([value, true])
    expect(target[key]).toEqual(before)
  }
}

/** Each value reads as it was given, or as the pair says. */
export function keeps<T extends object, K extends keyof T>(target: T, key: K, values: readonly (string | readonly [given: unknown, read: unknown])[]): void {
  for (const value of values) {
    const [given, read] = typeof value === 'string' ? [value, value] : value
    target[key] = given as T[K]
    expect([given, target[key]]).toEqual([given, read])
  }
}

/** Puts a rule into the chain, which has no other: it is read back, and says the same. */
export async function inserted(setting: Setting, rule: Rule): Promise<Rule> {
  await setting.chain.insertRule(rule)
  const [read, ...others] = await setting.chain.rules
  expect(others).toEqual([])
  expect(read?.equals(rule)).toBe(true)
  return read as Rule
}

/** Puts rules into the chain, which is empty, each before the others: they are read back in that order. */
export async function insertsBefore({ chain }: Setting, rules: readonly Rule[]): Promise<void> {
  for (const rule of rules) await chain.insertRule(rule)
  const read = await chain.rules
  expect(read.map((rule, index) => rule.equals(rules[rules.length - 1 - index] as Rule))).toEqual(rules.map(() => true))
}

/** Puts a rule into each of these built-in chains, which are all that a table has: it is found where it was put. */
export async function iteratesOver(table: Table, hooks: readonly string[], rule: Rule): Promise<void> {
  for (const hook of hooks) await new Chain(table, hook).appendRule(rule)
  const found: string[] = []
  for (const chain of await table.chains) for (const read of await chain.rules) found.push(`${chain.name} ${read}`)
  expect(found).toEqual(hooks.map((hook) => `${hook} ${rule}`))
  for (const hook of hooks) await new Chain(table, hook).flush()
}
