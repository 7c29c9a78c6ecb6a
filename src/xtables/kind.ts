import type { Context } from './context.js'

/**
 * What may stand as the value of an option: its text in iptables' language, its form in a `Rule`, and what stands for it
 * in the kernel's struct.
 */
export interface Kind<T, R = unknown, I = T> {
  /** How the value looks, for documentation and messages: `port[:port]`. */
  readonly name: string
  /** Words on the command line; 0: the option stands alone, its value is `true`. */
  readonly words: 0 | 1 | 2
  /** The word may be left out, where an option or `!` comes next; '' is read then. */
  readonly optional?: true
  /** The value of a text. Throws an InputError that says what is wrong with it. */
  parse(text: string, context: Context, second: string): T
  /** The text of a value, as iptables-save prints it. */
  format(value: T, context: Context): string
  /** What stands for a value in the struct. Throws an InputError where it does not fit. */
  pack(value: I, context: Context): R
  unpack(raw: R, context: Context): T
}

/** The values of an option where it may be negated: `{ not: value }` for `! --option value`. */
export interface Not<T> {
  readonly not: T
}

/** Whether a value is a negated one. */
export function isNot(value: unknown): value is Not<unknown> {
  return typeof value === 'object' && value !== null && 'not' in value
}

/** A kind from its parts; one word unless it says otherwise. */
export function kindOf<T, R, I = T>(parts: Omit<Kind<T, R, I>, 'words'> & { readonly words?: 0 | 1 | 2 }): Kind<T, R, I> {
  return { ...parts, words: parts.words ?? 1 }
}
