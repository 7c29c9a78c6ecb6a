import type { Not } from './kind.js'
import type { MATCHES } from './matches/index.js'
import type { InputOf, OptionsOf } from './option.js'
import type { TARGETS } from './targets/index.js'

type Known<E, K extends string> = E extends { readonly name: infer N; readonly options: infer R } ? { readonly [key in K]: N } & OptionsOf<R> : never
type Given<E, K extends string> = E extends { readonly name: infer N; readonly options: infer R } ? { readonly [key in K]: N } & InputOf<R> : never

/** A match or target this library does not know, or a revision of one: its bytes are kept as they are. */
export interface Opaque {
  /** Its name in the kernel. */
  readonly name: string
  readonly revision: number
  /** The data behind its header, in hexadecimal. */
  readonly info: string
}

/** A match that this library cannot read. */
export interface UnknownMatch extends Opaque {
  readonly match: 'unknown'
}

/** A target that this library cannot read. */
export interface UnknownTarget extends Opaque {
  readonly target: 'unknown'
}

/** What ends the way of a packet through a chain. */
export interface Verdict {
  readonly target: 'ACCEPT' | 'DROP' | 'RETURN' | 'QUEUE'
}

/** Goes on in a chain, and comes back behind this rule when that chain ends. */
export interface Jump {
  readonly jump: string
}

/** Goes on in a chain, and when that ends where the one this rule stands in was called. */
export interface Goto {
  readonly goto: string
}

/** What is looked at in a packet, with the options of the extension it is. */
export type Match = Known<(typeof MATCHES)[number], 'match'> | UnknownMatch
/** What becomes of a packet. */
export type Target = Known<(typeof TARGETS)[number], 'target'> | Verdict | Jump | Goto | UnknownTarget

/** A match as it may be given: each value also as its text, and with the shorthands of the extension. */
export type MatchInput = Given<(typeof MATCHES)[number], 'match'> | UnknownMatch
/** A target as it may be given. */
export type TargetInput = Given<(typeof TARGETS)[number], 'target'> | Verdict | Jump | Goto | UnknownTarget

/** What a rule has counted. */
export interface Counters {
  /** Packets that met the conditions of the rule, or the policy of the chain. */
  readonly packets: bigint
  /** Bytes of these packets, from the header of IP on. */
  readonly bytes: bigint
}

interface Conditions {
  /** `10.0.0.0/8`, `fd00::/8`. */
  readonly source?: string | Not<string> | undefined
  readonly destination?: string | Not<string> | undefined
  /** The name of the interface the packet came in by; a `+` at its end stands for any more characters. */
  readonly inInterface?: string | Not<string> | undefined
  readonly outInterface?: string | Not<string> | undefined
  /** Name or number; `all` for any. */
  readonly protocol?: string | number | Not<string | number> | undefined
  /** `true`: second and further fragments only; `false`: all others (IPv4). */
  readonly fragment?: boolean | undefined
  /** The struct of an entry that no conditions say, in hexadecimal; it stands for all of them. */
  readonly header?: string | undefined
  /**
   * The expressions of a rule that only nf_tables says, in hexadecimal (the payload of NFTA_RULE_EXPRESSIONS); they stand
   * for conditions, matches and target. The legacy tables hold no such rule.
   */
  readonly expressions?: string | undefined
}

/** A rule: what a packet must be like, and what becomes of it. Plain data; `matches` are in the order of the text. */
export interface Rule extends Conditions {
  readonly matches?: readonly Match[]
  /** Without one the rule counts packets and nothing else. */
  readonly target?: Target
  readonly counters?: Counters
}

/** A rule as it may be given: every `Rule`, and values as text. */
export interface RuleInput extends Conditions {
  readonly matches?: readonly MatchInput[] | undefined
  readonly target?: TargetInput | undefined
  readonly counters?: { readonly packets: bigint | number; readonly bytes: bigint | number } | undefined
}
