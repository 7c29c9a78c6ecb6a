import { NLM_F } from '../../../netlink/index.js'
import { addressFamily, type Family } from '../../context.js'
import type { ChainChanged, ChainMade, Committed, RuleAdded, RuleDeleted, RuleReplaced, TableEvent } from '../../event.js'
import type { Rule } from '../../rule.js'
import type { Announcement, Commit } from './announcement.js'
import type { RuleReader } from '../decode.js'
import type { Known, KnownChain } from './known.js'
import { ChainAttributes, MESSAGE, RuleAttributes, TableAttributes } from '../messages.js'
import { ruleComment } from '../userdata.js'

/** NFT_TABLE_F_DORMANT */
const DORMANT = 1

type Change = RuleAdded | RuleDeleted | RuleReplaced | ChainMade | ChainChanged | TableEvent

/** A rule that an announcement is about. */
interface Told {
  readonly table: string
  readonly chain: string
  readonly handle: bigint
  readonly rule: Rule
  readonly position: bigint | undefined
}

/** Makes events of commits. Keeps account of tables and chains in `known`. */
export class Changes {
  readonly #known: Known
  readonly #readers: Readonly<Record<Family, RuleReader>>

  constructor(known: Known, readers: Readonly<Record<Family, RuleReader>>) {
    this.#known = known
    this.#readers = readers
  }

  /** What a commit has done, step by step. */
  *of({ generation, pid, program, changes }: Commit): Generator<Change> {
    const by = { generation, pid, program }
    for (let i = 0; i < changes.length; i++) {
      const announced = changes[i] as Announcement
      const next = changes[i + 1]
      if (next && isReplacement(announced, next)) {
        yield this.#replaced(announced, next, by)
        i++
      } else {
        const change = this.#change(announced, by)
        if (change) yield change
      }
    }
  }

  #change(announced: Announcement, by: Committed): Change | undefined {
    switch (announced.command) {
      case MESSAGE.newTable:
      case MESSAGE.deleteTable:
        return this.#table(announced, by)
      case MESSAGE.newChain:
      case MESSAGE.deleteChain:
        return this.#chain(announced, by)
      case MESSAGE.newRule:
        return this.#added(announced, by)
      case MESSAGE.deleteRule: {
        const { position: _, ...told } = this.#rule(announced)
        return { type: 'rule-deleted', family: familyOf(announced), ...told, ...by }
      }
    }
    return undefined
  }

  #table(announced: Announcement, by: Committed): TableEvent {
    const family = familyOf(announced)
    const { name: table = '', flags = 0 } = TableAttributes.read(announced.message.body)
    const place = { family, table, dormant: (flags & DORMANT) !== 0, ...by }
    if (announced.command === MESSAGE.newTable) return { type: this.#known.putTable(family, table) ? 'table-added' : 'table-changed', ...place }
    this.#known.deleteTable(family, table)
    return { type: 'table-deleted', ...place }
  }

  #chain(announced: Announcement, by: Committed): ChainMade | ChainChanged {
    const family = familyOf(announced)
    const { table = '', name: chain = '', handle = 0n, hook, policy, counters } = ChainAttributes.read(announced.message.body)
    if (announced.command === MESSAGE.deleteChain) {
      const gone = this.#known.deleteChain(family, table, handle)
      return { type: 'chain-deleted', family, table, handle, ...(gone ?? { chain }), ...by }
    }
    const now: KnownChain = { chain, ...(hook ? { policy: policy === 0 ? 'DROP' : 'ACCEPT' } : {}) }
    const before = this.#known.putChain(family, table, handle, now)
    if (!before) return { type: 'chain-added', family, table, handle, ...now, ...by }
    const { packets = 0n, bytes = 0n } = counters ?? {}
    return { type: 'chain-changed', family, table, handle, ...now, before, ...(counters ? { counters: { packets, bytes } } : {}), ...by }
  }

  #added(announced: Announcement, by: Committed): RuleAdded {
    const { position, ...told } = this.#rule(announced)
    const at = position !== undefined ? 'behind' : announced.message.flags & NLM_F.append ? 'end' : 'start'
    return { type: 'rule-added', family: familyOf(announced), ...told, at, ...(position === undefined ? {} : { position }), ...by }
  }

  #replaced(announced: Announcement, next: Announcement, by: Committed): RuleReplaced {
    const { rule: before } = this.#rule(announced)
    const { position: _, ...told } = this.#rule(next)
    return { type: 'rule-replaced', family: familyOf(next), ...told, before, ...by }
  }

  #rule(announced: Announcement): Told {
    const { table = '', chain = '', handle = 0n, position, expressions, userdata } = RuleAttributes.read(announced.message.body)
    const rule = this.#readers[familyOf(announced)].read(expressions ?? new Uint8Array(0), userdata && ruleComment(userdata))
    return { table, chain, handle, position, rule }
  }
}

/**
 * Whether two announcements are of one replacement: the kernel tells of the old rule and of the new one, both with the number
 * of the request, and says of neither that it was replaced. What deletes rules alone does not append.
 */
function isReplacement(old: Announcement, { command, family, message }: Announcement): boolean {
  return old.command === MESSAGE.deleteRule && command === MESSAGE.newRule && old.family === family
    && old.message.sequence === message.sequence && old.message.port === message.port
    && (old.message.flags & NLM_F.append) !== 0
}

function familyOf({ family }: Announcement): Family {
  return family === addressFamily('ip') ? 'ip' : 'ip6'
}
