import { inspect } from 'node:util'
import { InputError } from '../netlink/index.js'
import type { Family, RuleInput } from '../xtables/index.js'
import type { CounterPair, CountInput } from './counters.js'
import type { Policy } from './policy.js'
import { Rule } from './rule.js'
import { giving } from './step.js'

/** What a chain needs of its table. */
export interface ChainTable {
  readonly name: string
  readonly family: Family
  /** The chain of a name that is in use already. */
  known(name: string): Chain | undefined
  /** Notes a chain that comes into use, or its new name. */
  remember(chain: Chain, before?: string): void
  deleteChain(chain: string): Promise<void>
  renameChain(chain: string, to: string): Promise<void>
  flushEntries(chain: string): Promise<void>
  zeroEntries(chain: string): Promise<void>
  setPolicy(chain: string, policy: Policy | string, counters?: readonly [CountInput, CountInput]): Promise<void>
  getPolicy(chain: string): Promise<[Policy | undefined, CounterPair | undefined]>
  builtinChain(chain: string): boolean
  rulesOf(chain: string): Promise<Rule[]>
  appendRule(chain: string, rule: RuleInput): Promise<void>
  insertRule(chain: string, rule: RuleInput, position: number): Promise<void>
  replaceRule(chain: string, rule: RuleInput, position: number): Promise<void>
  deleteRule(chain: string, rule: RuleInput): Promise<void>
}

/**
 * A chain of a table; making the object makes no chain in the kernel. Two of the same table and name are the same object.
 * Positions of rules count from 0.
 *
 * @example
 * const chain = new Chain(table, 'INPUT')
 * await chain.insertRule(rule)
 * for (const rule of await chain.rules) console.log(String(rule))
 */
export class Chain {
  readonly table: ChainTable
  #name: string

  constructor(table: ChainTable, name: string) {
    if (typeof name !== 'string' || name === '') throw new InputError('a chain has a name')
    this.table = table
    this.#name = name
    const known = table.known(name)
    // biome-ignore lint/correctness/noConstructorReturn: there is one object for each chain in use
    if (known) return known
    table.remember(this)
  }

  get name(): string {
    return this.#name
  }

  /** Its rules in order, read anew each time; with `autocommit: false` as they were when the table was read, and what is planned. */
  get rules(): Promise<Rule[]> {
    return this.table.rulesOf(this.#name)
  }

  /** Deletes the chain. Rejects with an InputError while it has rules, or rules jump to it. */
  delete(): Promise<void> {
    return this.table.deleteChain(this.#name)
  }

  /** Gives it another name; rules that jump to it still do. */
  rename(name: string): Promise<void> {
    const before = this.#name
    return giving(this.table.renameChain(before, name), () => {
      this.#name = name
      this.table.remember(this, before)
    })
  }

  /** Takes all rules out. */
  flush(): Promise<void> {
    return this.table.flushEntries(this.#name)
  }

  /** Packets and bytes that met the policy; undefined for a chain of the user's, which has none. */
  async getCounters(): Promise<CounterPair | undefined> {
    return (await this.table.getPolicy(this.#name))[1]
  }

  /** Sets the counters of its rules and of its policy to zero. */
  zeroCounters(): Promise<void> {
    return this.table.zeroEntries(this.#name)
  }

  /** Rejects with an InputError for a policy that is not ACCEPT or DROP, and for a chain of the user's. */
  setPolicy(policy: Policy | string, counters?: readonly [CountInput, CountInput]): Promise<void> {
    return this.table.setPolicy(this.#name, policy, counters)
  }

  /** The policy of a built-in chain; undefined for a chain of the user's. */
  async getPolicy(): Promise<Policy | undefined> {
    return (await this.table.getPolicy(this.#name))[0]
  }

  /** Whether packets enter it from the kernel. */
  isBuiltin(): boolean {
    return this.table.builtinChain(this.#name)
  }

  /** Puts a rule at the end. */
  appendRule(rule: Rule | RuleInput): Promise<void> {
    return attempt(() => this.table.appendRule(this.#name, this.#plain(rule)))
  }

  /** Puts a rule before the one at a position, counted from 0. */
  insertRule(rule: Rule | RuleInput, position = 0): Promise<void> {
    return attempt(() => this.table.insertRule(this.#name, this.#plain(rule), position))
  }

  /** Puts a rule in the place of the one at a position, counted from 0. */
  replaceRule(rule: Rule | RuleInput, position = 0): Promise<void> {
    return attempt(() => this.table.replaceRule(this.#name, this.#plain(rule), position))
  }

  /** Deletes the first rule that says the same. Rejects with an InputError where there is none. */
  deleteRule(rule: Rule | RuleInput): Promise<void> {
    return attempt(() => this.table.deleteRule(this.#name, this.#plain(rule)))
  }

  /** The name of the target of a rule. */
  getTarget(rule: Rule): string | undefined {
    return rule.target?.name
  }

  toString(): string {
    return this.#name
  }

  [inspect.custom](): string {
    return `<Chain ${this.table.family} ${this.table.name} ${this.#name}>`
  }

  #plain(rule: Rule | RuleInput): RuleInput {
    if (!(rule instanceof Rule)) return rule
    if (rule.family !== this.table.family) throw new InputError(`the rule is for ${rule.family === 'ip' ? 'IPv4: give a Rule6' : 'IPv6: give a Rule'}`)
    return rule.toRule()
  }
}

/** What throws before it is sent rejects, as what is refused does. */
function attempt(send: () => Promise<void>): Promise<void> {
  try {
    return send()
  } catch (error) {
    return Promise.reject(error)
  }
}
