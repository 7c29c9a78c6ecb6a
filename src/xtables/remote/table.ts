import type { Family } from '../context.js'
import { type ChainDraft, type Needs, type Slot, type SlotReader, TableDraft, UNREAD } from '../draft.js'
import { newest } from '../face.js'
import { ruleKey } from '../legacy/key.js'
import { NumberedSets, RuleKeys } from '../nft/key.js'
import { Stale } from '../backend.js'
import { withJump } from '../read-slot.js'
import type { Counters, Rule, RuleInput } from '../rule.js'
import type { Lines } from './message.js'
import type { ChainAnswer, OpenAnswer, Version } from './request.js'
import { givenJson, readCounters } from './rule-line.js'
import { RemoteRule, RemoteSlot } from './slot.js'

/** A table that a program changes through a daemon: what it was when it was read, and the draft of what it is to become. */
export class RemoteTable implements SlotReader {
  readonly draft: TableDraft
  /** The chains that were there, by their names then. */
  readonly chains = new Map<string, ChainAnswer>()
  /** How many rules each of those had that were asked for. */
  readonly counts = new Map<string, number>()
  readonly #keys: RuleKeys | undefined
  readonly #sets = new NumberedSets()
  readonly #known = new WeakMap<Slot, string>()
  readonly #digest: string
  readonly #digests = new Map<string, string>()

  /** `answer` tells of the chains alone. */
  constructor(backend: 'legacy' | 'nft', family: Family, name: string, { chains, version }: OpenAnswer) {
    this.#keys = backend === 'nft' ? new RuleKeys(family, this.#sets) : undefined
    this.#digest = version.chains
    this.draft = new TableDraft(family, name, this)
    for (const chain of chains) {
      this.chains.set(chain.name, chain)
      const { name: from, hook, policy, exists } = chain
      const slots = exists ? [UNREAD] : []
      this.draft.chains.set(from, { name: from, hook, policy, counting: 'keep', origin: exists ? chain : undefined, slots })
    }
  }

  /** What the plan is made on. */
  get version(): Version {
    return { chains: this.#digest, rules: [...this.#digests] }
  }

  /** Whether nothing has to be asked for that a change needs. */
  has(needs: Needs): boolean {
    if (needs === 'chains') return true
    const all = [...this.draft.chains.values()]
    return !(needs === 'rules' ? all : all.filter(({ name }) => name === needs.chain)).some(({ slots }) => slots.includes(UNREAD))
  }

  /** What has to be asked for: the chain may have had another name. */
  wanted(needs: Needs): Needs {
    if (typeof needs === 'string') return needs
    const origin = this.draft.chains.get(needs.chain)?.origin as ChainAnswer | undefined
    return { chain: origin?.name ?? needs.chain }
  }

  /** Puts rules in the place of those that nobody had asked for. Throws a Stale where the table is another by now. */
  load({ chains, version }: OpenAnswer, lines: Lines): void {
    const changed = new Map(version.rules)
    if (version.chains !== this.#digest || [...changed].some(([name, digest]) => this.#digests.has(name) && this.#digests.get(name) !== digest)) {
      throw new Stale('the tables were changed by another program')
    }
    const drafts = new Map([...this.draft.chains.values()].map((chain) => [(chain.origin as ChainAnswer | undefined)?.name, chain]))
    for (const { name, rules: count } of chains) {
      if (count === undefined) continue
      const told = Array.from({ length: count }, (_, index) => new RemoteSlot(new RemoteRule(name, index, lines.next())))
      if (this.#digests.has(name)) continue
      this.#digests.set(name, changed.get(name) ?? '')
      this.counts.set(name, count)
      const chain = drafts.get(name)
      if (chain) chain.slots = chain.slots.length === 1 && chain.slots[0] === UNREAD ? told : chain.slots.flatMap((slot) => (slot === UNREAD ? told : slot))
    }
  }

  rule(slot: Slot): Rule {
    const { rule } = slot.origin as RemoteRule
    return slot instanceof RemoteSlot || slot.jump === undefined ? rule : withJump(rule, slot.jump)
  }

  key(slot: Slot): string {
    let key = this.#known.get(slot)
    if (key === undefined) {
      key = slot.given ? this.keyOf(slot.given) : this.#keyOfRead(this.rule(slot))
      this.#known.set(slot, key)
    }
    return key
  }

  keyOf(rule: RuleInput): string {
    return this.#keys?.ofGiven(rule) ?? this.#legacyKey(rule)
  }

  /** What is the same as JSON is the same. */
  quickKey(slot: Slot): string | undefined {
    if (slot.given) return this.quickKeyOf(slot.given)
    return slot instanceof RemoteSlot ? slot.origin.json : undefined
  }

  quickKeyOf(rule: RuleInput): string | undefined {
    return givenJson(rule, this.draft.family)
  }

  policyCounters({ origin }: ChainDraft): Counters {
    return readCounters((origin as ChainAnswer | undefined)?.counters ?? '0:0')
  }

  #keyOfRead(rule: Rule): string {
    return this.#keys?.ofRead(rule) ?? this.#legacyKey(rule)
  }

  #legacyKey(rule: RuleInput): string {
    return ruleKey(rule, this.draft.family, { sets: this.#sets, revision: newest })
  }
}
