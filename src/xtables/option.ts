import type { StructMemory } from '../netlink/wire/record.js'
import type { Context } from './context.js'
import type { Kind, Not } from './kind.js'
import { flag as flagKind } from './kinds/flag.js'

/** Bits in members of the struct: `{ invflags: 0x02 }`. */
export type Bits = Readonly<Record<string, number>>

/** The options of a match or target while they are read, checked or written. */
export type Bag = Record<string, unknown>

/** The struct of an extension in memory: `get`, `set`, `has`, `raise` by the names of its members. */
// biome-ignore lint/suspicious/noExplicitAny: a description names its members, which the tests hold to the struct
export type Memory = StructMemory<any>

/** Where the value of an option stands in the struct, and what else goes with it. */
export interface Place {
  /** The option's text, where it is not made of its key: `tcpFlags` is `--tcp-flags` by itself. */
  readonly flag?: string
  /** More names of it, understood and never printed. */
  readonly alias?: readonly string[]
  /** The member that holds the value; or a member for each part of it: `{ value: 'mark', mask: 'mask' }`. */
  readonly to?: string | Readonly<Record<string, string>>
  /** Bits that say that the option is given. */
  readonly set?: Bits
  /** Bits that say that it is negated. An option without this cannot be. */
  readonly not?: Bits
  /** May be negated; `pack` and `unpack` see to it. */
  readonly negatable?: true
  /** What stands in the member when the option is not given. */
  readonly fallback?: unknown
  /** A value that equals the fallback is as good as none, and not printed. */
  readonly quiet?: true
  /** Must be given. */
  readonly required?: true
  /** May be given more than once: how a further value joins the one before. */
  readonly join?: (before: unknown, value: unknown) => unknown
  /** Puts the value into the struct in the place of `to`, `set` and `not`. */
  readonly pack?: (memory: Memory, value: never, context: Context, negated: boolean) => void
  /** The value that stands in the struct, undefined for none; the reverse of `pack`. */
  readonly unpack?: (memory: Memory, context: Context) => unknown
  /** What is printed for it, all words of it, in the place of the option's name and the value's text. */
  readonly save?: (value: never, context: Context, options: Bag) => string
  /** Whether to print it at all. */
  readonly shown?: (options: Bag, context: Context) => boolean
}

/** An option of a match or target: one row of its description. */
export interface Option<T = unknown, I = T, N extends boolean = boolean> extends Place {
  readonly kind: Kind<T, unknown, I>
  /** What the option means, for its users. */
  readonly doc: string
  /** Says the type of the value and whether it may be negated; never there. */
  readonly types?: { readonly value: T; readonly input: I; readonly negatable: N }
}

/** Another way of saying it: understood in text and in rules, and turned into other options. Never printed. */
export interface Shorthand<T = unknown, N extends boolean = boolean, I = T> {
  readonly kind: Kind<T, unknown, I>
  readonly doc: string
  readonly flag?: string
  readonly alias?: readonly string[]
  readonly negatable?: true
  /** The options that it stands for. One that is given besides is an error, unless it has a `join`. */
  readonly into: (value: T, context: Context, negated: boolean) => Bag
  readonly types?: { readonly input: I; readonly negatable: N }
}

type Negatable<P> = P extends { readonly not: Bits } | { readonly negatable: true } ? true : false

/** An option with a value. */
export function option<T, R, I, const P extends Place>(kind: Kind<T, R, I>, doc: string, place: P): Option<T, I, Negatable<P>> {
  return { ...place, kind: kind as Kind<T, unknown, I>, doc }
}

/** An option that stands alone: `true` when given, `false` when negated. */
export function flag<const P extends Place>(doc: string, place: P): Option<boolean, boolean, Negatable<P>> {
  return { ...place, kind: flagKind as Kind<boolean, unknown>, doc }
}

/** Another way of saying it, for text and rules alike. */
export function shorthand<T, R, I, const P extends { flag?: string; alias?: readonly string[]; negatable?: true }>(
  kind: Kind<T, R, I>,
  doc: string,
  into: (value: T, context: Context, negated: boolean) => Bag,
  place?: P,
): Shorthand<T, Negatable<P>, I> {
  return { ...place, kind: kind as Kind<T, unknown, I>, doc, into }
}

type Value<T, N> = N extends true ? (T extends boolean ? boolean : T | Not<T>) : T extends boolean ? true : T
type Loose<I, N> = I extends boolean ? boolean : N extends true ? I | string | Not<I | string> : I | string

/** The options of a description as they are read. */
export type OptionsOf<R> = {
  readonly [K in keyof R as R[K] extends Option ? K : never]?: R[K] extends Option<infer T, infer _I, infer N> ? Value<T, N> : never
}

/** The options of a description as they may be given: every value also as its text. */
export type InputOf<R> = {
  readonly [K in keyof R]?:
    | (R[K] extends Option<infer _T, infer I, infer N> ? Loose<I, N> : R[K] extends Shorthand<infer _T, infer N, infer I> ? Loose<I, N> : never)
    | undefined
}
