import { inside } from '../../netlink/index.js'
import type { Family } from '../../xtables/index.js'
import { fromDictionary, type RuleDictionary } from '../dictionary.js'
import { takeOut } from '../find.js'
import { place } from './rules.js'
import { attempt, type EasyOptions, type Store, type TryOptions } from './store.js'

/** Many changes in one commit: all of them or none. */
export function batchFunctions(store: Store) {
  return {
    /**
     * From now on calls wait for `batchEnd`: those for a table, or all. They see what waits. Those who gather at the same
     * time each need an `easyOn()` of their own.
     */
    async batchBegin(table?: string, options: EasyOptions = {}): Promise<void> {
      store.begin(table, options)
    },

    /** Commits the calls since `batchBegin` in one transaction: those for a table, or all. */
    batchEnd(table?: string, options: EasyOptions = {}): Promise<void> {
      return store.end(table, options)
    },

    /** Makes chains; takes the rules out of those that are there, unless `flush` is false. */
    batchAddChains(table: string, chains: Iterable<string>, { flush = true, ...options }: EasyOptions & { readonly flush?: boolean } = {}): Promise<void> {
      const names = [...chains]
      return store.change(table, options, async (changes) => {
        const there = new Set(await changes.chains(table))
        for (const chain of names) {
          if (!there.has(chain)) changes.newChain(table, chain)
          else if (flush) changes.flush(table, chain)
          there.add(chain)
        }
      })
    },

    /** Deletes chains with their rules; those that are not there are left out. */
    batchDeleteChains(table: string, chains: Iterable<string>, options: EasyOptions = {}): Promise<void> {
      const names = [...new Set(chains)]
      return store.change(table, options, async (changes) => {
        const all = await changes.chains(table)
        const there = names.filter((name) => all.includes(name))
        for (const chain of there) changes.flush(table, chain)
        for (const chain of there) changes.deleteChain(table, chain)
      })
    },

    /** Puts rules into chains: each with its chain and its position (0 appends, as `addRule`). */
    batchAddRules(table: string, rules: Iterable<readonly [chain: string, rule: RuleDictionary, position?: number]>, options: EasyOptions = {}): Promise<void> {
      const given = (family: Family) =>
        Array.from(rules, ([chain, rule, position = 0], index) => ({ chain, position, rule: inside(`[${index}]`, () => fromDictionary(rule, family)) }))
      return store.changeBy(table, options, given, async (changes, all) => {
        for (const { chain, rule, position } of all) await place(changes, table, chain, rule, position)
      })
    },

    /** Deletes the first rule that says the same as each of these. */
    batchDeleteRules(table: string, rules: Iterable<readonly [chain: string, rule: RuleDictionary]>, options: TryOptions = {}): Promise<void> {
      const { raiseExc, ...rest } = options
      const given = (family: Family) => Array.from(rules, ([chain, rule], index) => ({ chain, rule: inside(`[${index}]`, () => fromDictionary(rule, family)) }))
      return attempt(options, undefined, () =>
        store.changeBy(table, rest, given, async (changes, all, family) => {
          for (const { chain, rule } of all) await takeOut(changes, family, table, chain, rule)
        }),
      )
    },
  }
}
