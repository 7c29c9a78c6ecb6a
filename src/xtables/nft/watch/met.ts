import { Stale } from '../../backend.js'
import type { Family, SetNames } from '../../context.js'
import type { Rule } from '../../rule.js'
import { ruleLine } from '../../text/ruleset.js'
import { RuleReader } from '../decode.js'
import type { Link } from '../link.js'
import type { KernelRule } from '../rules.js'
import { ruleComment } from '../userdata.js'

/** Times that a table is read which changes under the reader. Who is told of a packet does not wait for longer. */
const ATTEMPTS = 5

/** A rule that a packet met. */
export interface MetRule {
  readonly rule: Rule
  readonly text?: string
}

interface TableRules {
  readonly rules: ReadonlyMap<bigint, KernelRule>
  readonly met: Map<bigint, MetRule>
  /** Chains that the kernel enters by itself. */
  readonly bases: ReadonlySet<string>
}

/** The rules that packets meet, by their handles: a table is read when one of its rules is met, once in each generation. */
export class MetRules {
  readonly #link: Link
  readonly #sets: Readonly<Record<Family, SetNames>>
  #tables = new Map<string, TableRules | undefined>()
  #generation = -1
  /** Whether it was asked in this turn of the event loop whether that is the generation still. */
  #asked = false

  constructor(link: Link, sets: Readonly<Record<Family, SetNames>>) {
    this.#link = link
    this.#sets = sets
  }

  /** The rule of a handle; undefined where it is not there any more. */
  async rule(family: Family, table: string, chain: string, handle: bigint, signal: AbortSignal): Promise<MetRule | undefined> {
    const held = await this.#table(family, table, signal)
    if (held?.rules.has(handle)) return this.#met(family, chain, held, handle)
    this.#asked = false
    const fresh = await this.#table(family, table, signal)
    return fresh?.rules.has(handle) ? this.#met(family, chain, fresh, handle) : undefined
  }

  /** Whether the kernel enters a chain by itself, and a policy decides at its end. */
  async isBase(family: Family, table: string, chain: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#table(family, table, signal))?.bases.has(chain) ?? false
  }

  #met(family: Family, chain: string, { rules, met }: TableRules, handle: bigint): MetRule {
    let found = met.get(handle)
    if (!found) {
      const { reader, at, end, userdata } = rules.get(handle) as KernelRule
      const rule = new RuleReader(family, this.#sets[family]).readAt(reader, at, end, userdata && ruleComment(userdata))
      found = { rule, ...(rule.expressions === undefined ? { text: ruleLine(chain, rule, { family }).trimEnd() } : {}) }
      met.set(handle, found)
    }
    return found
  }

  /** The rules of a table; undefined where they change too often to be read. */
  async #table(family: Family, table: string, signal: AbortSignal): Promise<TableRules | undefined> {
    await this.#check(signal)
    const key = `${family} ${table}`
    for (let attempt = 1; !this.#tables.has(key); attempt++) {
      try {
        this.#tables.set(key, await this.#read(family, table, signal))
      } catch (error) {
        if (!(error instanceof Stale)) throw error
        if (attempt >= ATTEMPTS) this.#tables.set(key, undefined)
        this.#asked = false
        await this.#check(signal)
      }
    }
    return this.#tables.get(key)
  }

  async #read(family: Family, table: string, signal: AbortSignal): Promise<TableRules> {
    const generation = this.#generation
    const chains = await this.#link.chains(family, generation, { signal })
    const rules = await this.#link.rules(family, generation, table, { signal })
    return {
      rules: new Map(rules.map((rule) => [rule.handle, rule])),
      met: new Map(),
      bases: new Set(chains.filter((chain) => chain.table === table && chain.hook !== undefined).map(({ name }) => name)),
    }
  }

  /** Forgets what is of an older generation. */
  async #check(signal: AbortSignal): Promise<void> {
    if (this.#asked) return
    const generation = await this.#link.generation({ signal })
    if (generation !== this.#generation) this.#tables = new Map()
    this.#generation = generation
    this.#asked = true
    setImmediate(() => {
      this.#asked = false
    })
  }
}
