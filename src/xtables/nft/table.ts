import { breathe, busy, type CallOptions } from '../../netlink/index.js'
import type { Family, SetNames } from '../context.js'
import { type ChainDraft, type Needs, type Slot, type SlotReader, TableDraft, UNREAD } from '../draft.js'
import { TABLE_CHAINS } from '../hooks.js'
import { withJump } from '../read-slot.js'
import type { Counters, Rule, RuleInput } from '../rule.js'
import { type Chain, dictionary, type Table } from '../ruleset.js'
import { baseOf } from './base.js'
import { RuleReader } from './decode.js'
import { RuleKeys } from './key.js'
import type { KernelChain, Link } from './link.js'
import type { KernelRule } from './rules.js'
import { plainText } from './expression/plain.js'
import { KernelSlot } from './slot.js'
import { completeTimeouts } from '../timeout.js'
import { ctPlace } from './ct.js'
import { ruleComment } from './userdata.js'

/** The table that rules with CT stand in. */
const TIMEOUTS_IN = 'raw'
const NOTHING: Counters = Object.freeze({ packets: 0n, bytes: 0n })

/** What the rules of a table are read by. */
export interface Surroundings {
  readonly sets: SetNames
  /** The names of all timeout policies of the kernel. */
  readonly timeouts: () => Promise<readonly string[]>
}

/** A table of nf_tables as the kernel had it, and the draft of what it is to become. */
export class NftTable implements SlotReader {
  readonly draft: TableDraft
  /** Whether the kernel has the table. */
  readonly exists: boolean
  /** The chains of the kernel's that the draft began with. */
  readonly chains: readonly KernelChain[]
  /** Chains of the kernel's that iptables has no name for: base chains of others. They are left alone. */
  readonly others: readonly KernelChain[]
  /** Rules that the kernel has given back cut: why each cannot be completed. They must not be sent again. */
  readonly unclear = new Map<Slot, string>()
  /** Rules that stand in the place of `UNREAD`, by chain, as soon as they have been read. */
  readonly rules = new Map<ChainDraft, readonly Slot[]>()
  readonly #link: Link
  readonly #generation: number
  readonly #reader: RuleReader
  readonly #timeouts: Surroundings['timeouts']
  readonly #known = new WeakMap<Slot, string>()
  readonly #keys: RuleKeys

  private constructor(link: Link, family: Family, name: string, generation: number, chains: readonly KernelChain[] | undefined, surroundings: Surroundings) {
    this.#link = link
    this.#generation = generation
    this.#timeouts = surroundings.timeouts
    this.#reader = new RuleReader(family, surroundings.sets)
    this.#keys = new RuleKeys(family, surroundings.sets, this.#reader)
    this.exists = chains !== undefined
    this.draft = new TableDraft(family, name, this)
    for (const chain of TABLE_CHAINS[name] ?? []) {
      this.draft.chains.set(chain, { name: chain, hook: baseOf(name, chain)?.hook ?? -1, policy: 'ACCEPT', counting: 'keep', origin: undefined, slots: [] })
    }
    const others: KernelChain[] = []
    for (const chain of chains ?? []) {
      const hook = baseOf(name, chain.name)?.hook ?? -1
      if (chain.hook !== undefined && chain.hook !== hook) others.push(chain)
      // `use` of the kernel's changes while a batch is checked, before it is committed: also a chain without rules has to be read.
      else this.draft.chains.set(chain.name, { name: chain.name, hook: chain.hook ?? -1, policy: chain.policy, counting: 'keep', origin: chain, slots: [UNREAD] })
    }
    this.others = others
    this.chains = (chains ?? []).filter((chain) => !others.includes(chain))
  }

  /** Reads the chains of a table; its rules are read when they are needed. */
  static async open(link: Link, family: Family, name: string, generation: number, surroundings: Surroundings, options?: CallOptions): Promise<NftTable> {
    const chains = (await link.chains(family, generation, options)).filter(({ table }) => table === name)
    const exists = chains.length > 0 || (await link.tables(family, generation, options)).includes(name)
    return new NftTable(link, family, name, generation, exists ? chains : undefined, surroundings)
  }

  /** Reads what a change needs, where it has not been read yet. `each` is called with every rule as it arrives. */
  async load(needs: Needs, options: CallOptions = {}, each?: (rule: KernelRule) => void): Promise<void> {
    if (needs === 'chains') return
    const all = [...this.draft.chains.values()].filter(({ slots }) => slots.includes(UNREAD))
    const unread = needs === 'rules' ? all : all.filter(({ name }) => name === needs.chain)
    if (unread.length === 0) return
    const one = unread.length === 1 ? (unread[0]?.origin as KernelChain | undefined)?.name : undefined
    const rules = await this.#link.rules(this.draft.family, this.#generation, this.draft.name, { ...options, chain: one, each })
    const byChain = new Map<string, Slot[]>()
    for (const rule of rules) {
      const slots = byChain.get(rule.chain)
      const slot = new KernelSlot(rule)
      if (slots) slots.push(slot)
      else byChain.set(rule.chain, [slot])
    }
    for (const chain of unread) {
      const read = byChain.get((chain.origin as KernelChain).name) ?? []
      this.rules.set(chain, read)
      if (this.draft.name === TIMEOUTS_IN) await this.#complete(read)
      chain.slots = chain.slots.length === 1 ? [...read] : chain.slots.flatMap((slot) => (slot === UNREAD ? read : slot))
    }
  }

  /** Completes the names of timeout policies, of which the kernel gives back only a part. */
  async #complete(slots: readonly Slot[]): Promise<void> {
    for (const [slot, why] of await completeTimeouts(slots, (slot) => ctPlace(slot.origin as KernelRule), this.#timeouts)) this.unclear.set(slot, why)
  }

  rule(slot: Slot): Rule {
    const rule = this.#decode(slot.origin as KernelRule)
    // Another slot took the place of the kernel's when the chain it jumps to got a new name.
    return slot instanceof KernelSlot || slot.jump === undefined ? rule : withJump(rule, slot.jump)
  }

  #decode({ reader, at, end, userdata }: KernelRule): Rule {
    return this.#reader.readAt(reader, at, end, userdata && ruleComment(userdata))
  }

  key(slot: Slot): string {
    let key = this.#known.get(slot)
    if (key === undefined) {
      key = slot.given ? this.keyOf(slot.given) : this.#keys.ofRead(this.rule(slot))
      this.#known.set(slot, key)
    }
    return key
  }

  /** The bytes of a rule, without counters and without the flags that the kernel leaves out. */
  quickKey(slot: Slot): string | undefined {
    if (slot.given) return this.quickKeyOf(slot.given)
    const { userdata, reader, at, end } = slot.origin as KernelRule
    return userdata ? undefined : plainText(reader, at, end)
  }

  quickKeyOf(rule: RuleInput): string | undefined {
    return this.#keys.quick(rule)
  }

  keyOf(rule: RuleInput): string {
    return this.#keys.ofGiven(rule)
  }

  policyCounters({ origin }: ChainDraft): Counters {
    const { packets, bytes } = (origin as KernelChain | undefined) ?? NOTHING
    return packets === 0n && bytes === 0n ? NOTHING : { packets, bytes }
  }

  isForeign(slot: Slot): boolean {
    return slot.origin !== undefined && slot !== UNREAD && this.rule(slot).expressions !== undefined
  }

  /** All of it as data. */
  async content(): Promise<Table> {
    // The kernel puts the next piece of the list together while this one is read: but names of timeout policies come later.
    const read = new Map<unknown, Rule>()
    await this.load('rules', {}, this.draft.name === TIMEOUTS_IN ? undefined : (rule) => read.set(rule, this.#decode(rule)))
    const chains: [string, Chain][] = []
    for (const chain of this.draft.inOrder()) {
      const rules: Rule[] = []
      for (const slot of chain.slots) {
        rules.push(read.get(slot.origin) ?? this.rule(slot))
        if ((rules.length & 15) === 0 && busy()) await breathe()
      }
      const { policy } = chain
      chains.push([chain.name, policy ? { policy, counters: this.policyCounters(chain), rules } : { rules }])
    }
    return dictionary(chains)
  }
}
