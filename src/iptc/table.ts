import { inspect } from 'node:util'
import { InputError } from '../netlink/index.js'
import { decodeEntry, type Family, type Policy as PolicyName, type Rule as PlainRule, type RuleInput, TABLE_CHAINS } from '../xtables/index.js'
import { Chain, type ChainTable } from './chain.js'
import { demandChain, emptyTable } from './content.js'
import { type ConnectionOptions, hasTable, withXtables } from './connection.js'
import { type CounterPair, type CountInput, pairOf, readCounters } from './counters.js'
import { takeOut } from './find.js'
import { Policy } from './policy.js'
import { Rule, Rule6 } from './rule.js'
import { giving } from './step.js'
import { TableHandle } from './table-handle.js'

/**
 * A table of IPv4. Each object has a connection of its own or the one it is lent: close it when done (`await using`, or
 * `close()`). What the kernel refuses is thrown, with autocommit too.
 *
 * @example
 * await using table = new Table('filter', { autocommit: false })
 * const chain = await table.createChain('web')
 * await chain.appendRule(rule)
 * await table.commit()
 */
export class Table extends TableHandle implements ChainTable {
  static readonly FILTER = 'filter'
  static readonly NAT = 'nat'
  static readonly MANGLE = 'mangle'
  static readonly RAW = 'raw'
  static readonly SECURITY = 'security'
  static readonly ALL: readonly string[] = ['filter', 'mangle', 'raw', 'nat', 'security']

  readonly #chains = new Map<string, WeakRef<Chain>>()
  /** Where rules that were given out one by one stand. */
  readonly #places = new WeakMap<Rule, { readonly rules: readonly Rule[]; readonly at: number }>()

  override get family(): Family {
    return 'ip'
  }

  /** Its chains, the built-in ones first. */
  get chains(): Promise<Chain[]> {
    return this.look('chains', (content) => Object.keys(content).map((name) => new Chain(this, name)))
  }

  isChain(chain: string | Chain): Promise<boolean> {
    return this.look('chains', (content) => Object.hasOwn(content, String(chain)))
  }

  /** Whether a chain is one that packets enter from the kernel. */
  builtinChain(chain: string | Chain): boolean {
    return (TABLE_CHAINS[this.name] as readonly string[]).includes(String(chain))
  }

  /** Makes a chain. Rejects with an InputError where there is one of that name. */
  createChain(chain: string | Chain): Promise<Chain> {
    return giving(this.change((changes) => changes.newChain(this.name, String(chain))), () => new Chain(this, String(chain)))
  }

  /** Deletes a chain of the user's that is empty and that no rule jumps to. */
  deleteChain(chain: string | Chain): Promise<void> {
    return this.change((changes) => changes.deleteChain(this.name, String(chain)))
  }

  renameChain(chain: string | Chain, name: string): Promise<void> {
    return this.change((changes) => changes.renameChain(this.name, String(chain), name))
  }

  /** Takes all rules out of a chain. */
  flushEntries(chain: string | Chain): Promise<void> {
    return this.change((changes) => changes.flush(this.name, String(chain)))
  }

  /** Sets the counters of a chain to zero; of all chains without one. */
  zeroEntries(chain?: string | Chain): Promise<void> {
    return this.change((changes) => changes.zero(this.name, chain === undefined ? undefined : String(chain)))
  }

  /** Rejects with an InputError for a policy that is not ACCEPT or DROP, and for a chain of the user's. */
  setPolicy(chain: string | Chain, policy: Policy | string, counters?: readonly [CountInput, CountInput]): Promise<void> {
    const counting = counters && readCounters(counters)
    return this.change((changes) => changes.setPolicy(this.name, String(chain), String(policy) as PolicyName, counting))
  }

  /** The policy of a chain and what it has counted; both undefined for a chain of the user's. */
  getPolicy(chain: string | Chain): Promise<[Policy | undefined, CounterPair | undefined]> {
    return this.look({ policy: String(chain) }, (content) => {
      const { policy, counters } = demandChain(content, this.name, String(chain))
      return policy === undefined ? [undefined, undefined] : [new Policy(policy), pairOf(counters)]
    })
  }

  /** Takes all rules out of all chains, and deletes the chains of the user's. Policies stay. */
  flush(): Promise<void> {
    return this.change((changes) => emptyTable(changes, this.name))
  }

  /** A rule of the table's family. */
  createRule(entry?: ConstructorParameters<typeof Rule>[0]): Rule {
    return new Rule(entry)
  }

  /** Puts the bytes of a rule at the end of a chain (struct ipt_entry, ip6t_entry). */
  appendEntry(chain: string | Chain, entry: Uint8Array): Promise<void> {
    return this.appendRule(String(chain), this.#decode(entry))
  }

  /** Positions count from 0. */
  insertEntry(chain: string | Chain, entry: Uint8Array, position = 0): Promise<void> {
    return this.insertRule(String(chain), this.#decode(entry), position)
  }

  replaceEntry(chain: string | Chain, entry: Uint8Array, position = 0): Promise<void> {
    return this.replaceRule(String(chain), this.#decode(entry), position)
  }

  /** Deletes the first rule that says the same; which bytes count is known. */
  deleteEntry(chain: string | Chain, entry: Uint8Array): Promise<void> {
    return this.deleteRule(String(chain), this.#decode(entry))
  }

  /** The first rule of a chain; `nextRule` gives the others. */
  async firstRule(chain: string | Chain): Promise<Rule | undefined> {
    return this.#place(await this.rulesOf(String(chain)), 0)
  }

  /** The rule behind one that `firstRule` or `nextRule` gave; undefined at the end. */
  nextRule(before: Rule): Rule | undefined {
    const place = this.#places.get(before)
    if (!place) throw new InputError('nextRule takes a rule that firstRule or nextRule gave')
    return this.#place(place.rules, place.at + 1)
  }

  #place(rules: readonly Rule[], at: number): Rule | undefined {
    const rule = rules[at]
    if (rule) this.#places.set(rule, { rules, at })
    return rule
  }

  /** The name of the target of a rule. */
  getTarget(rule: Rule): string | undefined {
    return rule.target?.name
  }

  /** The rules of a chain. */
  rulesOf(chain: string): Promise<Rule[]> {
    return this.look({ rules: chain }, (content) => demandChain(content, this.name, chain).rules.map((rule) => this.ruleOf(rule)))
  }

  appendRule(chain: string, rule: RuleInput): Promise<void> {
    return this.change((changes) => changes.append(this.name, chain, rule))
  }

  /** Positions count from 0. */
  insertRule(chain: string, rule: RuleInput, position: number): Promise<void> {
    return this.change((changes) => changes.insert(this.name, chain, rule, numberOf(position)), position === 0 ? undefined : { rules: chain })
  }

  replaceRule(chain: string, rule: RuleInput, position: number): Promise<void> {
    return this.change((changes) => changes.replace(this.name, chain, numberOf(position), rule), { rules: chain })
  }

  deleteRule(chain: string, rule: RuleInput): Promise<void> {
    return this.change((changes) => takeOut(changes, this.family, this.name, chain, rule))
  }

  known(name: string): Chain | undefined {
    return this.#chains.get(name)?.deref()
  }

  remember(chain: Chain, before?: string): void {
    if (before !== undefined) this.#chains.delete(before)
    this.#chains.set(chain.name, new WeakRef(chain))
  }

  protected ruleOf(rule: PlainRule): Rule {
    return Rule.from(rule)
  }

  #decode(entry: Uint8Array): RuleInput {
    return decodeEntry(entry, { family: this.family })
  }

  override toString(): string {
    return this.name
  }

  [inspect.custom](): string {
    return `<${this.family === 'ip' ? 'Table' : 'Table6'} ${this.name}>`
  }
}

/** A table of IPv6. */
export class Table6 extends Table {
  override get family(): Family {
    return 'ip6'
  }

  override createRule(entry?: ConstructorParameters<typeof Rule6>[0]): Rule6 {
    return new Rule6(entry)
  }

  protected override ruleOf(rule: PlainRule): Rule6 {
    return Rule6.from(rule)
  }
}

/** The number of a position: rules are numbered from 1. */
function numberOf(position: number): number {
  if (Number.isInteger(position) && position >= 0) return position + 1
  throw new InputError(`'${position}' is no position: they count from 0`)
}

/** Whether the kernel has a table of IPv4. Asked each time. */
export function isTableAvailable(name: string, options: ConnectionOptions = {}): Promise<boolean> {
  return withXtables(options, (xt) => hasTable(xt, 'ip', name))
}

/** Whether the kernel has a table of IPv6. */
export function isTable6Available(name: string, options: ConnectionOptions = {}): Promise<boolean> {
  return withXtables(options, (xt) => hasTable(xt, 'ip6', name))
}
