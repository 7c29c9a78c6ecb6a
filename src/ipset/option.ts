import { InputError, inside } from '../netlink/wire/error.js'
import { checkText } from '../netlink/wire/text.js'
import { shown, shownJson } from '../netlink/wire/shown.js'
import { unknownOption } from '../netlink/wire/suggestion.js'
import { COMMENT_MAX, type Entry, ENTRY_FLAG } from './attributes.js'
import { wholeNumber } from './dimension/number.js'
import { demandSetName } from './dimension/others.js'

/** include/linux/netfilter/ipset/ip_set_timeout.h: IPSET_MAX_TIMEOUT = (UINT_MAX >> 1) / MSEC_PER_SEC. */
export const TIMEOUT_MAX = 2_147_483

/** What can be kept with an entry. Which of it a set takes depends on how it was created. */
export interface EntryOptions {
  /** Seconds until the entry expires, 0 to 2,147,483; 0 is never. */
  timeout?: number | undefined
  /** Packets counted so far. */
  packets?: number | bigint | undefined
  /** Bytes counted so far. */
  bytes?: number | bigint | undefined
  /** Free text of at most 255 bytes. */
  comment?: string | undefined
  /** Mark to give to matching packets: `[mark, mask]`, a mark, or text such as `0xff/0xff`. */
  skbmark?: readonly [number, number] | number | string | undefined
  /** Traffic class to give: `[major, minor]`, or text such as `1:a` (hexadecimal, as tc writes it). */
  skbprio?: readonly [number, number] | string | undefined
  /** Hardware queue to give. */
  skbqueue?: number | undefined
  /** An exception: what matches this entry does not match the set (the net types). */
  nomatch?: boolean | undefined
  /** The interface name is a prefix (hash:net,iface). */
  wildcard?: boolean | undefined
  /** The interface is a bridge port (hash:net,iface). */
  physdev?: boolean | undefined
  /** Put, delete or test it right before this member (list:set). */
  before?: string | undefined
  /** Put, delete or test it right after this member (list:set). */
  after?: string | undefined
}

/** One entry option: how a value gets into the entry, how text is read and printed. */
export interface EntryOption {
  readonly doc: string
  /** A word alone, without a value behind it. */
  readonly flag?: true
  /** Puts a value into the entry's fields. Throws an InputError. */
  assign(entry: Entry, value: unknown): void
  /** The value that a word of text means. */
  parse(text: string): unknown
  /** The text of it in an entry, '' for a flag; undefined where the entry has none. */
  print?(entry: Entry): string | undefined
}

function number(key: 'timeout' | 'skbqueue', max: number, doc: string): EntryOption {
  return {
    doc,
    assign(entry, value) {
      if (!(Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max)) {
        throw new InputError(`${shown(value)} is not a whole number from 0 to ${max}`)
      }
      entry[key] = value as number
    },
    parse: (text) => wholeNumber(text, 0, max, 'number', true),
    print: (entry) => entry[key]?.toString(),
  }
}

/** Counters stop one short of 2^64, as in the ipset tool. */
const COUNT_MAX = 0xffff_ffff_ffff_fffen

function counter(key: 'packets' | 'bytes', doc: string): EntryOption {
  return {
    doc,
    assign(entry, value) {
      const count = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
      if (typeof count !== 'bigint' || count < 0n || count > COUNT_MAX) {
        throw new InputError(`${shown(value)} is not a whole number from 0 to ${COUNT_MAX}`)
      }
      entry[key] = count
    },
    parse(text) {
      if (!/^(0|[1-9]\d*|0x[0-9a-f]+|0[0-7]+)$/i.test(text)) throw new InputError(`'${text}' is no number`)
      // With a leading zero it is octal, as strtoull(3) reads it.
      return BigInt(/^0\d/.test(text) ? `0o${text}` : text)
    },
    print: (entry) => entry[key]?.toString(),
  }
}

function flag(key: 'nomatch' | 'wildcard' | 'physdev', doc: string): EntryOption {
  const bit = ENTRY_FLAG[key]
  return {
    doc,
    flag: true,
    assign(entry, value) {
      if (typeof value !== 'boolean') throw new InputError(`${shown(value)} is neither true nor false`)
      if (value) entry.flags = (entry.flags ?? 0) | bit
    },
    parse: () => true,
    ...(key === 'physdev' ? {} : { print: (entry: Entry) => ((entry.flags ?? 0) & bit ? '' : undefined) }),
  }
}

function reference(key: 'before' | 'after', doc: string): EntryOption {
  return {
    doc,
    assign(entry, value) {
      if (entry.nameref !== undefined) throw new InputError("'before' and 'after' exclude each other")
      entry.nameref = demandSetName(value, '')
      if (key === 'before') entry.flags = (entry.flags ?? 0) | ENTRY_FLAG.before
    },
    parse: (text) => text,
  }
}

/** Two numbers as given in an array. */
function pair(value: unknown, max: number, what: string): readonly [number, number] {
  const [first, second] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : []
  for (const part of [first, second]) {
    if (!(Number.isInteger(part) && (part as number) >= 0 && (part as number) <= max)) {
      throw new InputError(`${shownJson(value)} is no ${what}`)
    }
  }
  return [first as number, second as number]
}

function parseSkbmark(text: string): readonly [number, number] {
  const match = /^(0x[0-9a-f]{1,8}|0|[1-9]\d{0,9})(?:\/(0x[0-9a-f]{1,8}|0|[1-9]\d{0,9}))?$/i.exec(text)
  if (!match) throw new InputError(`'${text}' is no mark such as 0x1 or 0x1/0xff`)
  return pair([Number(match[1]), Number(match[2] ?? 0xffff_ffff)], 0xffff_ffff, 'mark and mask')
}

function parseSkbprio(text: string): readonly [number, number] {
  const match = /^(?:0x)?([0-9a-f]{1,4}):(?:0x)?([0-9a-f]{1,4})$/i.exec(text)
  if (!match) throw new InputError(`'${text}' is no class such as 1:a, major and minor in hexadecimal`)
  return [Number.parseInt(match[1]!, 16), Number.parseInt(match[2]!, 16)]
}

/** The entry options by name, a row each. */
export const ENTRY_OPTIONS: Readonly<Record<keyof EntryOptions, EntryOption>> = {
  timeout: number('timeout', TIMEOUT_MAX, 'seconds until the entry expires, 0 for never'),
  packets: counter('packets', 'packets counted so far'),
  bytes: counter('bytes', 'bytes counted so far'),
  comment: {
    doc: 'text of at most 255 bytes',
    assign(entry, value) {
      if (typeof value !== 'string') throw new InputError(`${shown(value)} is not text`)
      checkText(value, COMMENT_MAX)
      if (value.includes('"')) throw new InputError(`a double quote cannot be kept: saved sets could not be restored`)
      if (value.includes('\n')) throw new InputError('a line break cannot be kept: saved sets could not be restored')
      entry.comment = value
    },
    parse: (text) => text,
    print: (entry) => (entry.comment === undefined ? undefined : `"${entry.comment}"`),
  },
  skbmark: {
    doc: 'mark and mask to give to packets, such as 0x1/0xff',
    assign(entry, value) {
      const full = typeof value === 'number' ? [value, 0xffff_ffff] : value
      entry.skbmark = typeof full === 'string' ? parseSkbmark(full) : pair(full, 0xffff_ffff, 'mark and mask')
    },
    parse: parseSkbmark,
    print: ({ skbmark }) => (skbmark === undefined ? undefined : formatSkbmark(skbmark)),
  },
  skbprio: {
    doc: 'traffic class to give to packets, such as 1:a',
    assign(entry, value) {
      const [major, minor] = typeof value === 'string' ? parseSkbprio(value) : pair(value, 0xffff, 'major and minor class')
      entry.skbprio = major * 65536 + minor
    },
    parse: parseSkbprio,
    print({ skbprio }) {
      return skbprio === undefined ? undefined : `${(skbprio >>> 16).toString(16)}:${(skbprio & 0xffff).toString(16)}`
    },
  },
  skbqueue: number('skbqueue', 0xffff, 'hardware queue to give to packets'),
  nomatch: flag('nomatch', 'what matches this entry does not match the set'),
  wildcard: flag('wildcard', 'the interface name is a prefix'),
  physdev: flag('physdev', 'the interface is a bridge port'),
  before: reference('before', 'stands right before this member'),
  after: reference('after', 'stands right after this member'),
}

/** `0x1/0xff`; the mask is left out when it has all its bits. */
export function formatSkbmark([mark, mask]: readonly [number, number]): string {
  return mask === 0xffff_ffff ? `0x${mark.toString(16)}` : `0x${mark.toString(16)}/0x${mask.toString(16)}`
}

/** Puts options into an entry's fields. An unknown name is an InputError, whatever its value. */
export function assignOptions(entry: Entry, options: Readonly<Record<string, unknown>>): void {
  for (const name in options) {
    const option = ENTRY_OPTIONS[name as keyof EntryOptions] as EntryOption | undefined
    if (!option || !Object.hasOwn(ENTRY_OPTIONS, name)) throw unknownOption(name, Object.keys(ENTRY_OPTIONS))
    const value = options[name]
    if (value !== undefined) inside(name, () => option.assign(entry, value))
  }
}
