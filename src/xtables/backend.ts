import type { Family } from './context.js'
import type { Needs, TableDraft } from './draft.js'
import type { Events, ListenOptions, MonitorEvent, MonitorOptions, TraceEvent } from './event.js'
import type { Ruleset, Table } from './ruleset.js'

/** How long to wait for whom. */
export interface WaitOptions {
  /** Milliseconds to wait while another program changes the firewall. 5,000 unless given. */
  readonly wait?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** One attempt at changing tables. Nobody else changes them meanwhile, or the commit notices. */
export interface Session {
  /** The draft of a table, read as far as is needed; all of it unless said. */
  table(family: Family, name: string, needs?: Needs): Promise<TableDraft>
  /** Makes all drafts what the kernel has: all of them or none. Throws a `Stale` when it is to be tried again. `test`: only checks. */
  commit(test: boolean): Promise<void>
  /** Lets others change tables again. */
  end(): void
}

/** A way to the kernel's tables: the legacy one, or nf_tables. */
export interface Backend {
  readonly name: 'legacy' | 'nft'
  read(family: Family, table: string): Promise<Table>
  /** All tables that are there; asking brings none into being. */
  readAll(family: Family): Promise<Ruleset>
  /** How many rules each table holds that is there. */
  count(): Promise<Readonly<Record<Family, Readonly<Record<string, number>>>>>
  /** Whether any table holds more than what an empty one does: a rule, a chain of a user's, a policy that drops. Quicker than `count`. */
  inUse(): Promise<boolean>
  begin(options: WaitOptions): Promise<Session>
  /** Tells of changes; missing where the kernel does not announce them. */
  monitor?(options: MonitorOptions): Events<MonitorEvent>
  /** Tells of the ways of packets; missing where the kernel does not announce them. */
  trace?(options: ListenOptions): Events<TraceEvent>
  close(): void
}

/** The tables were changed by somebody else after they were read: read them again, and plan again. */
export class Stale extends Error {}
