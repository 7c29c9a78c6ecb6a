import { InputError } from '../netlink/wire/error.js'
import type { Counters, Rule, RuleInput } from './rule.js'

/** What happens to a packet that no rule of a built-in chain decides on. */
export type Policy = 'ACCEPT' | 'DROP'

/** A chain: its rules in order, and for a built-in one its policy and what that has counted. */
export interface Chain {
  /** Built-in chains have one; chains of the user's have none. */
  readonly policy?: Policy
  readonly counters?: Counters
  readonly rules: readonly Rule[]
}

/** A table: its chains by name, those that are built in first. Made without a prototype, so that any name is a key. */
export interface Table {
  readonly [chain: string]: Chain
}

/** All tables of a family by name. */
export interface Ruleset {
  readonly [table: string]: Table
}

/** A chain as it may be given. */
export interface ChainInput {
  readonly policy?: Policy | undefined
  readonly counters?: { readonly packets: bigint | number; readonly bytes: bigint | number } | undefined
  readonly rules: readonly RuleInput[]
}

/** A table as it may be given. */
export interface TableInput {
  readonly [chain: string]: ChainInput
}

/** Tables as they may be given. */
export interface RulesetInput {
  readonly [table: string]: TableInput
}

/** The tables of a ruleset that is given, by name. Throws an InputError for what is none. */
export function givenTables(ruleset: RulesetInput): [name: string, table: TableInput][] {
  if (typeof ruleset !== 'object' || ruleset === null) throw new InputError('a ruleset is an object of tables')
  return Object.entries(ruleset)
}

/** The chains of a table that is given, by name. Throws an InputError for what is no table, and for a chain without rules. */
export function givenChains(name: string, table: TableInput): [name: string, chain: ChainInput][] {
  if (typeof table !== 'object' || table === null) throw new InputError('a table is an object of chains', { path: name })
  const chains = Object.entries(table)
  for (const [chain, one] of chains) checkRules(name, chain, one?.rules)
  return chains
}

/** Refuses what is no list of rules. */
export function checkRules(table: string, chain: string, rules: unknown): void {
  if (!Array.isArray(rules)) throw new InputError('a chain has a list of rules', { path: `${table}.${chain}.rules` })
}

/** An object whose keys may be anything, also `__proto__`. */
export function dictionary<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const object: Record<string, T> = Object.create(null)
  for (const [key, value] of entries) object[key] = value
  return object
}

/** The names of chains in the order in which iptables lists them: built-in ones by their hook, the others by name. */
export function chainOrder(names: Iterable<string>, builtIn: (name: string) => number): string[] {
  const bytes = new Map([...names].map((name) => [name, Buffer.from(name)]))
  return [...bytes.keys()].sort((a, b) => {
    const [x, y] = [builtIn(a), builtIn(b)]
    if (x >= 0 || y >= 0) return x >= 0 && y >= 0 ? x - y : y - x
    return Buffer.compare(bytes.get(a) as Buffer, bytes.get(b) as Buffer)
  })
}
