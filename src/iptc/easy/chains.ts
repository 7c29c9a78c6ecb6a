import type { Policy } from '../../xtables/index.js'
import { demandChain, emptyTable } from '../content.js'
import { availableTables } from '../connection.js'
import { type RuleDictionary, toDictionary } from '../dictionary.js'
import { attempt, type EasyOptions, type Store, type TryOptions } from './store.js'

/** A table as dictionaries of its rules. */
export type TableDictionary = Record<string, RuleDictionary[]>

/** Tables, chains and policies. */
export function chainFunctions(store: Store) {
  const getTables = async (options: EasyOptions = {}) => store.connect(options, (xt, family) => availableTables(family, { xt }))
  const zeroTable = (table: string, options: EasyOptions = {}) => store.change(table, options, (changes) => changes.zero(table))
  const flushTable = (table: string, options: TryOptions = {}) => {
    const { raiseExc, ...rest } = options
    return attempt(options, undefined, () => store.change(table, rest, (changes) => emptyTable(changes, table)))
  }
  const dumpTable = (table: string, options: EasyOptions = {}): Promise<TableDictionary> =>
    store.read(table, options, 'chains', (content) => {
      const family = store.family(options)
      return Object.fromEntries(Object.entries(content).map(([name, { rules }]) => [name, rules.map((rule) => toDictionary(rule, family))]))
    })

  return {
    /** The names of the tables there are. */
    getTables,

    /** Empties all tables: rules and chains of the user's. */
    async flushAll(options: EasyOptions = {}): Promise<void> {
      for (const table of await getTables(options)) await flushTable(table, options)
    },

    /** Takes all rules out of a table and deletes the chains of the user's; policies stay. */
    flushTable,

    /** Takes all rules out of a chain. */
    flushChain(table: string, chain: string, options: TryOptions = {}): Promise<void> {
      const { raiseExc, ...rest } = options
      return attempt(options, undefined, () => store.change(table, rest, (changes) => changes.flush(table, chain)))
    },

    /** Sets all counters of all tables to zero. */
    async zeroAll(options: EasyOptions = {}): Promise<void> {
      for (const table of await getTables(options)) await zeroTable(table, options)
    },

    /** Sets the counters of a table to zero. */
    zeroTable,

    /** Sets the counters of a chain to zero. */
    zeroChain(table: string, chain: string, options: EasyOptions = {}): Promise<void> {
      return store.change(table, options, (changes) => changes.zero(table, chain))
    },

    hasChain(table: string, chain: string, options: EasyOptions = {}): Promise<boolean> {
      return store.read(table, options, 'chains', (content) => Object.hasOwn(content, chain))
    },

    /** The names of the chains of a table, the built-in ones first. */
    getChains(table: string, options: EasyOptions = {}): Promise<string[]> {
      return store.read(table, options, 'chains', (content) => Object.keys(content))
    },

    /** Makes a chain: true. Rejects with an InputError where there is one of that name, or gives false with `raiseExc: false`. */
    addChain(table: string, chain: string, options: TryOptions = {}): Promise<boolean> {
      const { raiseExc, ...rest } = options
      return attempt(options, false, async () => {
        await store.change(table, rest, (changes) => changes.newChain(table, chain))
        return true
      })
    },

    /** Deletes a chain; with `flush` its rules go before, in the same commit. */
    deleteChain(table: string, chain: string, { flush = false, ...options }: TryOptions & { readonly flush?: boolean } = {}): Promise<void> {
      const { raiseExc, ...rest } = options
      return attempt(options, undefined, () =>
        store.change(table, rest, (changes) => {
          if (flush) changes.flush(table, chain)
          changes.deleteChain(table, chain)
        }),
      )
    },

    /** The policy of a chain; undefined for one of the user's, which has none. */
    getPolicy(table: string, chain: string, options: EasyOptions = {}): Promise<Policy | undefined> {
      return store.read(table, options, { policy: chain }, (content) => demandChain(content, table, chain).policy)
    },

    setPolicy(table: string, chain: string, policy: string = 'ACCEPT', options: EasyOptions = {}): Promise<void> {
      return store.change(table, options, (changes) => changes.setPolicy(table, chain, policy as Policy))
    },

    /** The rules of all tables there are, by tables and chains. */
    async dumpAll(options: EasyOptions = {}): Promise<Record<string, TableDictionary>> {
      const tables: [string, TableDictionary][] = []
      for (const table of await getTables(options)) tables.push([table, await dumpTable(table, options)])
      return Object.fromEntries(tables)
    },

    /** The rules of a table by their chains. Nothing is committed by that. */
    dumpTable,

    /** The rules of a chain. */
    dumpChain(table: string, chain: string, options: EasyOptions = {}): Promise<RuleDictionary[]> {
      return store.read(table, options, { rules: chain }, (content) => demandChain(content, table, chain).rules.map((rule) => toDictionary(rule, store.family(options))))
    },
  }
}
