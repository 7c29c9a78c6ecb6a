import type { Family } from '../context.js'
import type { Policy } from '../ruleset.js'

/** What became of counters, in a message: `packets:bytes` for what is set. */
export type CountingData = 'keep' | 'zero' | 'new' | `${bigint}:${bigint}`

/**
 * Rules of a chain as they are to be. What is set to zero may say what it had counted when it was read (`seen`): what came since is
 * not lost on the legacy tables. `unread`: those that nobody has asked for; `[first, count]`, those that it had;
 * so many new ones.
 */
export type SlotData =
  | 'unread'
  | readonly [first: number, count: number]
  | number
  | { readonly keep: number; readonly counting: CountingData; readonly seen?: string | undefined }
  | { readonly counting: CountingData }

/** A chain that is changed. */
export interface ChainData {
  readonly name: string
  /** What it was called when it was read; missing for a new one. */
  readonly from?: string | undefined
  readonly policy?: Policy | undefined
  readonly counting: CountingData
  readonly seen?: string | undefined
  readonly wanted?: boolean | undefined
  readonly slots: readonly SlotData[]
}

/** What a plan was made on: digests. */
export interface Version {
  readonly chains: string
  /** The name of each chain whose rules were read, and their digest. */
  readonly rules: readonly (readonly [chain: string, digest: string])[]
}

/** What is to become of a table. Chains that are not named stay as they are. */
export interface PlanData {
  readonly chains: readonly ChainData[]
  readonly deleted: readonly string[]
  /** Rules that somebody has taken out by name or number. */
  readonly released: readonly (readonly [chain: string, first: number, count: number])[]
}

/** A table that a transaction has read, and changed where there is a plan. */
export interface TableData {
  readonly family: Family
  readonly table: string
  readonly version: Version
  readonly plan?: PlanData | undefined
}

/** What a program asks of the daemon. */
export type Request =
  | { readonly id: number; readonly method: 'read'; readonly family: Family; readonly table: string }
  | { readonly id: number; readonly method: 'readAll'; readonly family: Family }
  | { readonly id: number; readonly method: 'count' | 'inUse' }
  | { readonly id: number; readonly method: 'open'; readonly family: Family; readonly table: string; readonly needs: 'chains' | 'rules' | { readonly chain: string }; readonly wait?: number | undefined }
  | { readonly id: number; readonly method: 'commit'; readonly test: boolean; readonly wait?: number | undefined; readonly tables: readonly TableData[] }
  | { readonly id: number; readonly method: 'monitor'; readonly resync?: boolean | undefined; readonly receiveBuffer?: number | undefined }
  | { readonly id: number; readonly method: 'trace'; readonly receiveBuffer?: number | undefined }

/** A chain in an answer; the rules follow, line by line. */
export interface ChainAnswer {
  readonly name: string
  readonly hook: number
  readonly policy?: Policy | undefined
  /** `packets:bytes` of the policy. */
  readonly counters?: string | undefined
  /** Whether the kernel has it. */
  readonly exists: boolean
  /** How many rules of it follow; missing where they were not asked for. */
  readonly rules?: number | undefined
}

/** A table, for planning. */
export interface OpenAnswer {
  readonly chains: readonly ChainAnswer[]
  readonly version: Version
}

/** A table, for reading. */
export interface ReadAnswer {
  readonly name: string
  readonly chains: readonly ChainAnswer[]
}

/** What became of a commit. */
export interface CommitAnswer {
  /** Why it has to be planned anew. */
  readonly stale?: string | undefined
}
