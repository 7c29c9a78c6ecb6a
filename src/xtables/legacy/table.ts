import { ProtocolError } from '../../netlink/wire/error.js'
import { breathe, busy, KernelError } from '../../netlink/index.js'
import type { Family, SetNames } from '../context.js'
import { EntryReader } from '../decode.js'
import { type ChainDraft, type Slot, type SlotReader, TableDraft } from '../draft.js'
import type { Extension } from '../extension.js'
import type { Counters, Rule, RuleInput } from '../rule.js'
import { type Chain, dictionary, type Table } from '../ruleset.js'
import { EXTENSION_HEADER } from '../layout.js'
import { entryKey, ruleKey } from './key.js'
import type { Info, TableSocket } from './sockopt.js'
import { type Entry, EntryMap, split } from './split.js'
import { type CtPlace, completeTimeouts } from '../timeout.js'

/** What the rules of a table are read and written by. */
export interface Surroundings {
  readonly sets: SetNames
  /** The revision of an extension that this kernel takes. */
  readonly revision: (extension: Extension) => number
  /** The names of all timeout policies of the kernel. */
  readonly timeouts: () => Promise<readonly string[]>
}

/** A legacy table as the kernel had it, and the draft of what it is to become. */
export class LegacyTable implements SlotReader {
  readonly draft: TableDraft
  readonly info: Info
  readonly map: EntryMap
  /** Rules that the kernel has given back cut: why each cannot be completed. A table that keeps them must not be written. */
  unclear: ReadonlyMap<Slot, string> = new Map()
  readonly #family: Family
  readonly #rules: EntryReader
  readonly #surroundings: Surroundings
  /** Where the rule that is being read jumps to. */
  #jump: string | undefined

  private constructor(family: Family, info: Info, map: EntryMap, surroundings: Surroundings) {
    this.#family = family
    this.#surroundings = surroundings
    this.info = info
    this.map = map
    this.#rules = new EntryReader(map.bytes, { family, sets: surroundings.sets, chain: () => this.#jump })
    this.draft = new TableDraft(family, info.name, this)
  }

  /** A table from its bytes. */
  static async of(family: Family, info: Info, entries: Buffer, surroundings: Surroundings): Promise<LegacyTable> {
    const table = new LegacyTable(family, info, new EntryMap(entries, family), surroundings)
    await split(table.draft, info, table.map)
    table.unclear = await completeTimeouts(slotsOf(table.draft), (slot) => ctPlace(table.map, slot), surroundings.timeouts)
    return table
  }

  /** Reads a table. One that changes between the question for its size and that for its entries is read again. */
  static async read(socket: TableSocket, name: string, surroundings: Surroundings): Promise<LegacyTable> {
    for (let attempt = 1; ; attempt++) {
      const info = socket.info(name)
      try {
        return await LegacyTable.of(socket.family, info, await socket.entries(name, info.size), surroundings)
      } catch (error) {
        if (!KernelError.is(error) || error.errnoName !== 'EAGAIN' || attempt >= 10) throw error
      }
    }
  }

  rule(slot: Slot): Rule {
    this.#jump = slot.jump
    return this.#rules.read((slot.origin as Entry).at)
  }

  key(slot: Slot): string {
    if (slot.given) return this.keyOf(slot.given)
    const { at, size, link } = slot.origin as Entry
    const key = entryKey(this.map, this.#family, { at, size, link, jump: slot.jump }, this.#surroundings.revision)
    // Another program wrote it in an older revision: what it says counts, not how.
    return key ?? this.keyOf(this.rule(slot))
  }

  keyOf(rule: RuleInput): string {
    return ruleKey(rule, this.#family, this.#surroundings)
  }

  policyCounters(chain: ChainDraft): Counters {
    return this.map.counters((chain.origin as Entry).at)
  }

  /** All of it as data. */
  async content(): Promise<Table> {
    const chains: [string, Chain][] = []
    for (const chain of this.draft.inOrder()) {
      const rules: Rule[] = []
      for (let i = 0; i < chain.slots.length; i++) {
        rules.push(this.#readable(chain, i))
        if ((i & 15) === 15 && busy()) await breathe()
      }
      const { policy } = chain
      chains.push([chain.name, policy ? { policy, counters: this.policyCounters(chain), rules } : { rules }])
    }
    return dictionary(chains)
  }

  #readable(chain: ChainDraft, index: number): Rule {
    try {
      return this.rule(chain.slots[index] as Slot)
    } catch (error) {
      if (!ProtocolError.is(error)) throw error
      throw new ProtocolError(`${this.draft.name} ${chain.name} rule ${index + 1}: ${error.message}`, { cause: error })
    }
  }
}

function slotsOf({ chains }: TableDraft): Slot[] {
  return [...chains.values()].flatMap(({ slots }) => slots)
}

/** Where the struct of a rule's CT target stands that may name a timeout policy. */
function ctPlace(map: EntryMap, { origin }: Slot): CtPlace | undefined {
  const target = map.target((origin as Entry).at)
  const { bytes } = map
  if (bytes.toString('latin1', target + 2, target + 5) !== 'CT\0' || bytes[target + EXTENSION_HEADER - 1] === 0) return undefined
  return { bytes, at: target + EXTENSION_HEADER }
}
