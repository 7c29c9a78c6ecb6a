import type { StructCodec } from '../netlink/wire/record.js'
import type { Context, Family } from './context.js'
import type { Bag, Memory, Option, OptionsOf, Shorthand } from './option.js'

// biome-ignore lint/suspicious/noExplicitAny: rows of every type stand side by side in a description
export type Rows = Readonly<Record<string, Option<any, any, any> | Shorthand<any, any, any>>>

/** How a list of rules (`iptables -L`) shows an extension. */
export interface ListContext extends Context {
  /** `-n`: numbers in the place of names. */
  readonly numeric: boolean
}

/** An option as a text gives it, its value read. */
export interface GivenOption {
  readonly key: string
  readonly value: unknown
  readonly negated: boolean
}

/** What is to be known of a match or a target; everything else derives from it. */
export interface Description<R extends Rows> {
  /** What it is for, in a sentence. */
  readonly doc: string
  /** The families that have it; both unless given. */
  readonly families?: readonly Family[]
  /** The name the kernel knows it by, where that differs (`state` is `conntrack`). */
  readonly kernel?: string
  /** More names to load it by. */
  readonly alias?: readonly string[]
  /** For an alias of another extension: whether the bytes say so. */
  readonly when?: (memory: Memory) => boolean
  /** The C struct of each revision that it can write, the highest first. */
  // biome-ignore lint/suspicious/noExplicitAny: each revision has a struct of its own
  readonly revisions: Readonly<Record<number, StructCodec<any>>>
  /** The first member that belongs to the kernel alone: it comes back zero, and does not count when rules are compared. */
  readonly private?: string
  readonly options: R
  /** Checks what no single option can see. Throws an InputError. */
  check?(options: OptionsOf<R>, context: Context): void
  /** Puts what belongs to no option into the struct, after all of them. */
  finish?(memory: Memory, options: OptionsOf<R>, context: Context): void
  /** For options whose order counts: the options that those given in a text, in their order, stand for. */
  collect?(given: readonly GivenOption[]): Bag
  /** The tables that may hold it; all unless given. Source: the `table` member in the kernel's registration. */
  readonly tables?: readonly string[]
  /** Prints all its options, in the place of one after the other. */
  save?(options: OptionsOf<R>, context: Context): string
  /** What `iptables -L` prints for it, without a space in front. */
  list(options: OptionsOf<R>, context: ListContext): string
  /** The C tool puts no blank in front of what it lists. */
  readonly tight?: true
}

/** A match or a target that this library knows. */
export interface Extension<K extends 'match' | 'target' = 'match' | 'target', N extends string = string, R extends Rows = Rows>
  extends Description<R> {
  readonly type: K
  readonly name: N
}

/** Describes a match. */
export function match<const N extends string, const R extends Rows>(name: N, description: Description<R>): Extension<'match', N, R> {
  return { ...description, type: 'match', name }
}

/** Describes a target. */
export function target<const N extends string, const R extends Rows>(name: N, description: Description<R>): Extension<'target', N, R> {
  return { ...description, type: 'target', name }
}
