import { InputError } from '../../netlink/index.js'
import type { Changes, Family, Rule as PlainRule, RuleInput } from '../../xtables/index.js'
import { demandChain } from '../content.js'
import { fromDictionary, type MatchDictionary, type RuleDictionary, toDictionary } from '../dictionary.js'
import { find, takeOut } from '../find.js'
import { Rule, Rule6 } from '../rule.js'
import { matchMakesSense, ruleMakesSense, targetMakesSense } from './sense.js'
import { attempt, type EasyOptions, type Store, type TryOptions } from './store.js'

/** Where a rule is put: 0 at the end, 1 at the beginning, n before the nth; -1 before the last, -n before the nth from the end, and at the beginning where there are fewer. */
export interface PositionOptions extends EasyOptions {
  readonly position?: number | undefined
}

/** Puts a rule at a position. */
export async function place(changes: Changes, table: string, chain: string, rule: RuleInput, position: number): Promise<void> {
  demandPosition(position, '0 appends')
  if (position === 0) changes.append(table, chain, rule)
  else if (position > 0) changes.insert(table, chain, rule, position)
  else changes.insert(table, chain, rule, Math.max(0, (await changes.rules(table, chain)).length + position) + 1)
}

function demandPosition(position: number, zero: string): void {
  if (!Number.isInteger(position)) throw new InputError(`'${position}' is no position: ${zero}, others count from 1, or from -1 at the end`)
}

function demand(at: number, table: string, chain: string): number {
  if (at < 0) throw new InputError(`no rule in ${table} ${chain} says the same; was it changed, or deleted before?`)
  return at
}

/** Rules, one at a time. */
export function ruleFunctions(store: Store) {
  const look = <T>(table: string, chain: string, options: EasyOptions, use: (rules: readonly PlainRule[], family: Family) => T) =>
    store.read(table, options, { rules: chain }, (content) => use(demandChain(content, table, chain).rules, store.family(options)))
  const whereIs = (rules: readonly PlainRule[], given: RuleDictionary, family: Family) => find(rules, fromDictionary(given, family), family)

  return {
    /** Puts a rule into a chain: at its end, unless `position` says otherwise. */
    addRule(table: string, chain: string, rule: RuleDictionary, { position = 0, ...options }: PositionOptions = {}): Promise<void> {
      const given = (family: Family) => fromDictionary(rule, family)
      return store.changeBy(table, options, given, (changes, plain) => place(changes, table, chain, plain, position))
    },

    /** Puts a rule at the beginning of a chain. */
    insertRule(table: string, chain: string, rule: RuleDictionary, options: EasyOptions = {}): Promise<void> {
      const given = (family: Family) => fromDictionary(rule, family)
      return store.changeBy(table, options, given, (changes, plain) => changes.insert(table, chain, plain))
    },

    /** Deletes the first rule that says the same. Rejects with an InputError where there is none. */
    deleteRule(table: string, chain: string, rule: RuleDictionary, options: TryOptions = {}): Promise<void> {
      const { raiseExc, ...rest } = options
      const given = (family: Family) => fromDictionary(rule, family)
      return attempt(options, undefined, () => store.changeBy(table, rest, given, (changes, plain, family) => takeOut(changes, family, table, chain, plain)))
    },

    /** Puts a rule in the place of the first that says the same as another. */
    replaceRule(table: string, chain: string, before: RuleDictionary, after: RuleDictionary, options: EasyOptions = {}): Promise<void> {
      const given = (family: Family) => [fromDictionary(before, family), fromDictionary(after, family)] as const
      return store.changeBy(table, options, given, async (changes, [old, rule], family) => {
        changes.replace(table, chain, demand(find(await changes.rules(table, chain), old, family), table, chain) + 1, rule)
      })
    },

    /** Whether a chain has a rule that says the same. */
    hasRule(table: string, chain: string, rule: RuleDictionary, options: EasyOptions = {}): Promise<boolean> {
      return look(table, chain, options, (rules, family) => whereIs(rules, rule, family) >= 0)
    },

    /** The rule at a position, counted from 1, or from -1 at the end; all rules of the chain for 0, and unless given. */
    getRule(table: string, chain: string, { position = 0, ...options }: PositionOptions & TryOptions = {}): Promise<RuleDictionary | RuleDictionary[] | undefined> {
      const { raiseExc, ...rest } = options
      return attempt(options, undefined, () =>
        look(table, chain, rest, (rules, family) => {
          demandPosition(position, '0 gives all rules')
          if (position === 0) return rules.map((rule) => toDictionary(rule, family))
          const rule = rules.at(position > 0 ? position - 1 : position)
          if (!rule) throw new InputError(`there is no rule ${position} in ${table} ${chain}, which has ${rules.length}`)
          return toDictionary(rule, family)
        }),
      )
    },

    /** The packets and bytes that the first rule that says the same has counted. */
    getRuleCounters(table: string, chain: string, rule: RuleDictionary, options: EasyOptions = {}): Promise<[number | string, number | string]> {
      return look(table, chain, options, (rules, family) => {
        const found = rules[demand(whereIs(rules, rule, family), table, chain)] as PlainRule
        return toDictionary(found, family).counters as [number | string, number | string]
      })
    },

    /** Where the first rule that says the same stands, counted from 0 (`addRule` and `getRule` count from 1). */
    getRulePosition(table: string, chain: string, rule: RuleDictionary, options: EasyOptions = {}): Promise<number> {
      return look(table, chain, options, (rules, family) => demand(whereIs(rules, rule, family), table, chain))
    },

    /** Whether a dictionary is a rule that makes sense. Neither the kernel nor its chains and sets are asked. */
    testRule: (rule: RuleDictionary, options: EasyOptions = {}): boolean => ruleMakesSense(rule, store.family(options)),

    /** Whether the options of a match make sense, whatever protocol they need. */
    testMatch: (name: string, value: MatchDictionary, options: EasyOptions = {}): boolean => matchMakesSense(name, value, store.family(options)),

    /** Whether the options of a target make sense, whatever protocol they need. Any name but those of the targets is one of a chain. */
    testTarget: (name: string, value: string | object, options: EasyOptions = {}): boolean =>
      targetMakesSense(name, value, store.family(options)),

    /** The rule that a dictionary says, as an object. Throws an InputError with the path of what makes no sense. */
    encodeIptcRule(rule: RuleDictionary, options: EasyOptions = {}): Rule {
      const family = store.family(options)
      return (family === 'ip6' ? Rule6 : Rule).from(fromDictionary(rule, family))
    },

    /** A rule object as a dictionary. */
    decodeIptcRule: (rule: Rule): RuleDictionary => toDictionary(rule.toRule(), rule.family),
  }
}
