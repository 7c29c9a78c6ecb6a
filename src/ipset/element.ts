import { InputError } from '../netlink/wire/error.js'
import { shownJson } from '../netlink/wire/shown.js'
import { type Entry, ENTRY_FLAG } from './attributes.js'
import type { Reading, Style } from './dimension/dimension.js'
import type { PortEntry, PortRange } from './dimension/port.js'
import { assignOptions, type EntryOptions } from './option.js'
import { SET_TYPES, type SetType } from './type.js'

/** One part of an entry given as an array. */
export type EntryPart = string | number | PortRange | PortEntry

/**
 * An entry: text as the ipset tool writes it (`10.0.0.0/8,tcp:80`), an array of its parts, or a single part. What is
 * read from a set can be given back.
 */
export type EntryInput = EntryPart | readonly EntryPart[]

/** An entry with what is to be kept with it, as an object. */
export interface EntryWithOptions extends EntryOptions {
  readonly entry: EntryInput
}

/** One entry as read from a set. It can be handed back to `add` and `addAll` as it is. */
export interface SetEntry {
  /** As the ipset tool prints it. */
  entry: string
  /** Seconds left, 0 for never; absent from sets without timeout. */
  timeout?: number
  /** Packets that rules have matched it with; absent from sets without counters. */
  packets?: bigint
  /** Bytes of these packets. */
  bytes?: bigint
  /** Free text kept with it; absent from sets without comments. */
  comment?: string
  /** The mark that the target SET gives packets, and which of its bits. */
  skbmark?: readonly [mark: number, mask: number]
  /** The class of traffic that the target SET puts packets in. */
  skbprio?: readonly [major: number, minor: number]
  /** The queue of the interface that the target SET gives packets. */
  skbqueue?: number
  /** An exception: what it covers does not match the set. */
  nomatch?: true
  /** The name of its interface is the beginning of one. */
  wildcard?: true
  /** Its interface is a port of a bridge. */
  physdev?: true
}

/** The fields of an entry of a type. Throws an InputError that says which part is wrong. */
export function readElement(type: SetType, value: unknown, reading: Reading, entry: Entry = {}): Entry {
  const { dimensions } = type
  if (dimensions.length === 1) {
    dimensions[0]!.read(Array.isArray(value) && value.length === 1 ? value[0] : value, entry, reading)
    return entry
  }
  const parts: readonly unknown[] = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value]
  if (parts.length !== dimensions.length && !(type.optional && parts.length === dimensions.length - 1)) {
    throw new InputError(`${quote(value)} has ${parts.length} parts, an entry of ${type.name} has ${dimensions.length}: ${type.etype}`)
  }
  for (let i = 0; i < parts.length; i++) dimensions[i]!.read(parts[i], entry, reading)
  return entry
}

/** The entry and its options, from what a user gives to `add`. */
export function readEntry(type: SetType, value: unknown, reading: Reading, options?: Readonly<Record<string, unknown>>): Entry {
  const entry: Entry = {}
  const many = isWithOptions(value)
  readElement(type, many ? value.entry : value, reading, entry)
  if (many) {
    const { entry: _, ...own } = value
    assignOptions(entry, options ? { ...options, ...own } : own)
  } else if (options) assignOptions(entry, options)
  return entry
}

/** Whether `value` is an entry with its options in one object. */
export function isWithOptions(value: unknown): value is EntryWithOptions & Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'entry' in value
}

/** The text of an entry, its parts joined by commas. */
export function printElement(type: SetType, entry: Entry, style: Style = 'tool'): string {
  const { dimensions } = type
  // A type that is newer than this library may be made of nothing that it knows.
  let text = dimensions[0]?.print(entry, style) ?? ''
  for (let i = 1; i < dimensions.length; i++) {
    const part = dimensions[i]!.print(entry, style)
    if (part !== undefined) text += `,${part}`
  }
  return text
}

/** What a user gets to see of an entry. */
export function describeEntry(type: SetType, entry: Entry, style: Style = 'tool'): SetEntry {
  const seen: SetEntry = { entry: printElement(type, entry, style) }
  if (entry.timeout !== undefined) seen.timeout = entry.timeout
  if (entry.packets !== undefined) seen.packets = entry.packets
  if (entry.bytes !== undefined) seen.bytes = entry.bytes
  if (entry.comment !== undefined) seen.comment = entry.comment
  if (entry.skbmark !== undefined) seen.skbmark = entry.skbmark
  if (entry.skbprio !== undefined) seen.skbprio = [entry.skbprio >>> 16, entry.skbprio & 0xffff]
  if (entry.skbqueue !== undefined) seen.skbqueue = entry.skbqueue
  const { flags } = entry
  if (flags === undefined) return seen
  if (flags & ENTRY_FLAG.nomatch) seen.nomatch = true
  if (flags & ENTRY_FLAG.wildcard) seen.wildcard = true
  if (flags & ENTRY_FLAG.physdev) seen.physdev = true
  return seen
}

/** The type whose entries look like `etype`, such as `net,port`: what pyroute2 calls by that name. */
export function typeOfElement(etype: string): SetType {
  for (const group of ['hash', 'bitmap', 'list']) {
    const type = SET_TYPES.get(`${group}:${etype}`)
    if (type) return type
  }
  const known = new Set([...SET_TYPES.values()].map((type) => type.etype))
  throw new InputError(`'${etype}' is no kind of entry; there are ${[...known].join(' ')}`, { path: 'etype' })
}

/** The text of an entry as a user gave it, for messages. */
export function elementText(given: unknown): string {
  const value = isWithOptions(given) ? given.entry : given
  return typeof value === 'string' ? value : shownJson(value)
}

function quote(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : shownJson(value)
}
