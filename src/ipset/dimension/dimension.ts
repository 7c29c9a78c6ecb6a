import type { Entry } from '../attributes.js'

/** What the text of an entry is read for. */
export interface Reading {
  /** Family of the set the entry is for; sets without one (bitmap:port, hash:mac, list:set) have `unspec`. */
  readonly family: 'inet' | 'inet6' | 'unspec'
  readonly purpose: 'add' | 'delete' | 'test'
  /**
   * As forgiving as the ipset tool, for its command line: host bits behind a prefix, ranges written backwards, octal
   * and hexadecimal numbers. The kernel cuts and swaps them.
   */
  readonly lenient: boolean
}

/**
 * How the text of an entry is made. `tool`: as the ipset tool prints it. `key`: as the keys of pyroute2's content are:
 * a host's `/32` kept, small letters, short marks.
 */
export type Style = 'tool' | 'key'

/** One part of an entry, between the commas: how it is read from a value, and how it is printed. */
export interface Dimension {
  /** What it is called in the name of a set type: `net` in `hash:net,port`. */
  readonly word: string
  /** Reads one part into the entry's fields. Throws an InputError. */
  read(value: unknown, entry: Entry, reading: Reading): void
  /** The text of this part; undefined when the entry has none (only the last part may be missing). */
  print(entry: Entry, style: Style): string | undefined
}
