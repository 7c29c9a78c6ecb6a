import { InputError, inside } from '../../netlink/wire/error.js'
import { type Create, type Entry, ENTRY_FLAG } from '../attributes.js'
import type { Family } from '../command.js'
import { CREATE_OPTIONS, type CreateOptions, familyOf, readCreate } from '../create.js'
import type { Reading } from '../dimension/dimension.js'
import { parseNumber } from '../dimension/number.js'
import { readElement } from '../element.js'
import { ENTRY_OPTIONS, type EntryOptions } from '../option.js'
import type { SetType } from '../type.js'
import { atWord, TextError, UsageError } from './error.js'
import type { Word } from './words.js'

/** Options of old versions that mean nothing any more: taken, with a warning. */
const IGNORED = new Set(['probes', 'resize', 'gc'])
/** Old ways to say what a bitmap spans; hash types took them for nothing. */
const SPAN = new Set(['from', 'to', 'network'])

/** A set to be made, as words say it. */
export interface CreateWords {
  readonly family: Family
  readonly data: Create
}

/** Reads the options behind `create NAME TYPE`. `warn` hears of options that are ignored. */
export function readCreateWords(type: SetType, words: readonly Word[], warn: (text: string) => void): CreateWords {
  const options: Record<string, unknown> = {}
  const span: Record<string, string> = {}
  const put = (name: string, value: unknown, { column }: Partial<Word> = {}) => {
    if (options[name] !== undefined) throw new TextError(`Syntax error: ${name} already specified`, { column })
    options[name] = value
  }
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const name = bare(word.text)
    if (name === '-4' || name === '-6') {
      if (!type.create.has('family')) throw unknownArgument(word)
      put('family', name === '-4' ? 'inet' : 'inet6', word)
      continue
    }
    const spans = SPAN.has(name) && (type.group === 'bitmap' || /^hash:ip,(port|mark)/.test(type.name))
    const ignored = IGNORED.has(name) && /^hash:(ip$|ip,port|ip,mark|net$)/.test(type.name)
    if (!spans && !ignored && !type.create.has(name)) throw unknownArgument(word)
    const option = CREATE_OPTIONS[name]
    if (option?.kind === 'flag') {
      options[name] = true
      continue
    }
    const value = words[++i]
    if (!value) throw new UsageError(`Missing mandatory argument of option \`${name}'`, { column: word.column })
    if (ignored || (spans && type.group !== 'bitmap')) warn(`Option '--${name} ${value.text}' is ignored. Please upgrade your syntax.`)
    else if (spans) span[name] = value.text
    else put(name, atWord(value, () => readValue(name, value.text)), word)
  }
  if (span.network !== undefined) put('range', span.network)
  else if (span.from !== undefined && span.to !== undefined) put('range', `${span.from}-${span.to}`)
  if (type.create.has('range') && options.range === undefined) throw new UsageError("Mandatory option `range' is missing")
  const range = String(options.range ?? '')
  if (type.name === 'bitmap:port' && range !== '' && !range.includes('-')) throw new UsageError("Mandatory option `to' is missing")
  if (type.create.has('range') && type.name !== 'bitmap:port' && !/[-/]/.test(range)) {
    throw new InputError(`Syntax error: IP/cidr or IP-IP range must be specified: ${range}`)
  }
  const family = familyOf(type, options.family as CreateOptions['family'])
  return { family, data: readCreate(type, options, true) }
}

/** The value of a create option, as far as a word alone tells. */
function readValue(name: string, text: string): unknown {
  if (name === 'family') return readFamily(text)
  const kind = CREATE_OPTIONS[name]?.kind
  return typeof kind === 'object' ? number(kind, text, name) : text
}

function number([min, max]: readonly [number, number], text: string, name: string): number {
  const value = parseNumber(text, true)
  if (value === undefined) throw new InputError(`Syntax error: '${text}' is invalid as number`)
  if (value < min || value > max) throw new InputError(`Syntax error: ${name} '${text}' is out of range ${min}-${max}`)
  return value
}

function readFamily(text: string): Family {
  if (text === 'inet' || text === 'ipv4' || text === '-4') return 'inet'
  if (text === 'inet6' || text === 'ipv6' || text === '-6') return 'inet6'
  if (text === 'any' || text === 'unspec') return 'unspec'
  throw new InputError(`Syntax error: unknown inet family ${text}`)
}

/** Reads an entry and the options behind it. */
export function readEntryWords(type: SetType, element: Word, words: readonly Word[], reading: Reading): Entry {
  const entry: Entry = {}
  atWord(element, () => readElement(type, element.text, reading, entry))
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const name = bare(word.text)
    if (!type.entry.has(name) || !goesWith(name, reading.purpose)) throw unknownArgument(word)
    const option = ENTRY_OPTIONS[name as keyof EntryOptions]
    if (isGiven(entry, name)) throw new TextError(`Syntax error: ${name} already specified`, { column: word.column })
    if (option.flag) {
      option.assign(entry, true)
      continue
    }
    const value = words[++i]
    if (!value) throw new UsageError(`Missing mandatory argument of option \`${name}'`, { column: word.column })
    atWord(value, () => inside(name, () => option.assign(entry, option.parse(value.text))))
  }
  return entry
}

/** What `add` knows says nothing to the others, except where an entry stands and whether it is an exception. */
function goesWith(name: string, purpose: Reading['purpose']): boolean {
  if (purpose === 'add' || name === 'before' || name === 'after') return true
  return purpose === 'test' && name === 'nomatch'
}

function isGiven(entry: Entry, name: string): boolean {
  if (name === 'nomatch' || name === 'wildcard') return ((entry.flags ?? 0) & ENTRY_FLAG[name]) !== 0
  return name in entry
}

/** The word without two leading dashes, as old scripts write them. */
function bare(text: string): string {
  return text.startsWith('--') ? text.slice(2) : text
}

function unknownArgument({ text, column }: Word): UsageError {
  return new UsageError(`Unknown argument: \`${text}'`, { column })
}
