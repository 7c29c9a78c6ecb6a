import type { Family } from './context.js'
import type { Counters, Rule } from './rule.js'
import type { Policy, Ruleset } from './ruleset.js'

/** What goes on, as it goes on. Leaving the loop, closing it, aborting its signal or closing the connection ends it. */
export interface Events<T> extends AsyncIterableIterator<T, undefined, undefined> {
  /** Resolves when the kernel tells: nothing that happens from then on is missed. Rejects where it cannot be opened. */
  readonly ready: Promise<void>
  /** Ends it: whoever waits for an event waits no longer. */
  close(): void
  [Symbol.asyncDispose](): Promise<void>
}

/** How to listen. */
export interface ListenOptions {
  /** Aborting ends the loop, without an error. */
  readonly signal?: AbortSignal | undefined
  /** Bytes the kernel may hold for it until they are read; 16 MiB unless given. More than that is an `overrun`. */
  readonly receiveBuffer?: number | undefined
}

/** How changes are listened to. */
export interface MonitorOptions extends ListenOptions {
  /** Reads all tables anew when events were lost. `true` unless given. */
  readonly resync?: boolean | undefined
}

/** The commit that an event belongs to, and who made it. */
export interface Committed {
  /** Number of the commit; the next one's is one higher. */
  readonly generation: number
  /** The process, or the thread of it, as the machine's first pid namespace counts them. */
  readonly pid: number
  /** The name of its program: at most 15 bytes of it. */
  readonly program: string
}

interface InTable extends Committed {
  readonly family: Family
  readonly table: string
}

interface OfRule extends InTable {
  readonly chain: string
  /** Number of the rule: no other of the table has it, or gets it as long as the table is there. */
  readonly handle: bigint
  /** As `read` gives it; one that only nft says has `expressions`. */
  readonly rule: Rule
}

/** A rule was put into a chain. */
export interface RuleAdded extends OfRule {
  readonly type: 'rule-added'
  /** Where it went: before all others, behind all others, or behind the one that `position` says. */
  readonly at: 'start' | 'end' | 'behind'
  /** Handle of the rule it stands behind once the commit is over: that one may have been added after it. */
  readonly position?: bigint
}

/** A rule was taken out of its chain. */
export interface RuleDeleted extends OfRule {
  readonly type: 'rule-deleted'
}

/** A rule took the place of another. */
export interface RuleReplaced extends OfRule {
  readonly type: 'rule-replaced'
  readonly before: Rule
}

interface OfChain extends InTable {
  readonly chain: string
  readonly handle: bigint
  /** Built-in chains have one. */
  readonly policy?: Policy
}

/** A chain came, or went with all that was in it: its rules have events of their own, where they were still in it. */
export interface ChainMade extends OfChain {
  readonly type: 'chain-added' | 'chain-deleted'
}

/** A chain was renamed, its policy was changed, or its counters were set. */
export interface ChainChanged extends OfChain {
  readonly type: 'chain-changed'
  /** What it was before. */
  readonly before: { readonly chain: string; readonly policy?: Policy }
  /** What its policy has counted, where that was set. */
  readonly counters?: Counters
}

/** A table came or went, or was put to sleep or woken. */
export interface TableEvent extends InTable {
  readonly type: 'table-added' | 'table-deleted' | 'table-changed'
  /** Whether no packet passes it, as nft's flag `dormant` says. */
  readonly dormant: boolean
}

/** The end of a commit, whatever it was about. */
export interface CommitEvent extends Committed {
  readonly type: 'commit'
}

/** More happened than was read: events are missing here. */
export interface OverrunEvent {
  readonly type: 'overrun'
}

/** What the tables are after an overrun. The events behind it are of later commits. */
export interface ResyncEvent {
  readonly type: 'resync'
  readonly generation: number
  readonly ip: Ruleset
  readonly ip6: Ruleset
}

/** What `monitor()` tells of: the changes of a commit in the order in which it made them, then the commit. */
export type MonitorEvent = RuleAdded | RuleDeleted | RuleReplaced | ChainMade | ChainChanged | TableEvent | CommitEvent | OverrunEvent | ResyncEvent

/** What became of a packet at one step. */
export type TraceVerdict =
  | 'ACCEPT' | 'DROP' | 'STOLEN' | 'QUEUE' | 'REPEAT' | 'CONTINUE' | 'BREAK' | 'RETURN'
  | { readonly jump: string }
  | { readonly goto: string }

/** One step of a packet that a TRACE rule has marked: a rule it met, the end of a chain, or the policy that decided. */
export interface TraceStep {
  readonly type: 'rule' | 'policy' | 'return'
  /**
   * The same for all steps of a packet on its way in or out: what leaves by the loopback interface comes in with another one.
   * Not unique: the kernel makes it of the packet's place in memory, its flow and its interface.
   */
  readonly packet: number
  readonly family: Family
  readonly table: string
  readonly chain: string
  readonly verdict: TraceVerdict
  /** Number of the rule. */
  readonly handle?: bigint
  /** The rule; missing where it is not there any more. */
  readonly rule?: Rule
  /** The rule in the language of iptables-save: `-A INPUT -p tcp -j ACCEPT`; missing for one that only nft says. */
  readonly text?: string
  /** The packet's mark, where it is not 0. */
  readonly mark?: number
  /** The interface it came in by and its number: at the first step on each hook, as are the following. */
  readonly inInterface?: string
  readonly inIndex?: number
  /** The interface it leaves by. */
  readonly outInterface?: string
  readonly outIndex?: number
  /** Headers, as far as the kernel gives them. */
  readonly link?: Uint8Array
  readonly network?: Uint8Array
  readonly transport?: Uint8Array
}

/** What `trace()` tells of. */
export type TraceEvent = TraceStep | OverrunEvent
