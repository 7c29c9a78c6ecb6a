import { InputError, inside } from '../netlink/wire/error.js'
import { suggestion } from '../netlink/wire/suggestion.js'
import type { Context } from './context.js'
import type { Extension } from './extension.js'
import { isNot } from './kind.js'
import type { Bag, Option, Shorthand } from './option.js'

/** One option of an extension, ready for use. */
export interface Row {
  readonly key: string
  /** `--dport`, or '' where text has no single name for it. */
  readonly flag: string
  readonly flags: readonly string[]
  readonly negatable: boolean
  readonly option: Option | undefined
  readonly shorthand: Shorthand | undefined
  readonly kind: Option['kind']
}

const rowsOf = new WeakMap<Extension, ReadonlyMap<string, Row>>()

/** The options of an extension by their keys, in the order of its description. */
export function rows(extension: Extension): ReadonlyMap<string, Row> {
  let known = rowsOf.get(extension)
  if (!known) {
    known = new Map(Object.entries(extension.options).map(([key, option]) => [key, row(key, option)]))
    rowsOf.set(extension, known)
  }
  return known
}

function row(key: string, description: Option | Shorthand): Row {
  const flag = description.flag ?? `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  const isOption = !('into' in description)
  return {
    key,
    flag,
    flags: [flag, ...(description.alias ?? [])].filter(Boolean),
    negatable: 'negatable' in description || 'not' in description,
    option: isOption ? (description as Option) : undefined,
    shorthand: isOption ? undefined : (description as Shorthand),
    kind: description.kind as Option['kind'],
  }
}

/** The value without its negation, and as its kind has it: texts are read. */
function readGiven(row: Row, given: unknown, context: Context): { value: unknown; negated: boolean } {
  const negated = isNot(given) || given === false
  const inner = isNot(given) ? given.not : given === false ? true : given
  if (negated && !row.negatable) throw new InputError('cannot be negated')
  return { value: typeof inner === 'string' ? readText(row, inner, context) : inner, negated }
}

/** The value of a text, all words of it. */
export function readText(row: Row, text: string, context: Context): unknown {
  if (row.kind.words !== 2) return row.kind.parse(text, context, '')
  const blank = text.indexOf(' ')
  return blank < 0 ? row.kind.parse(text, context, '') : row.kind.parse(text.slice(0, blank), context, text.slice(blank + 1))
}

/** As readGiven, in the canonical form of its kind. Throws an InputError where the value does not fit. */
function canonicalGiven(row: Row, given: unknown, context: Context): { value: unknown; negated: boolean } {
  const { value, negated } = readGiven(row, given, context)
  if (row.kind.words === 0) return { value, negated }
  return { value: row.kind.unpack(row.kind.pack(value as never, context), context), negated }
}

/** The options as they were given, with every shorthand said the long way, and checked by the extension as a whole. */
export function checkedOptions(extension: Extension, given: Bag, context: Context): Bag {
  const options = expand(extension, given, context)
  if (extension.check) extension.check(understood(extension, options, context), context)
  return options
}

/** The options with every shorthand said the long way; the same object where there is none. */
function expand(extension: Extension, options: Bag, context: Context): Bag {
  const known = rows(extension)
  let long: Bag | undefined
  for (const key in options) {
    const row = known.get(key)
    if (!row && key === extension.type) continue
    if (!row) throw new InputError(`there is no option '${key}'${suggestion(key, [...known.keys()])}`, { path: key })
    if (!row.shorthand || options[key] === undefined) continue
    long ??= Object.fromEntries(Object.entries(options).filter(([name]) => known.get(name)?.option))
    const target = long
    inside(key, () => {
      const { value, negated } = canonicalGiven(row, options[key], context)
      if (row.kind.words === 0 && negated && !row.negatable) return
      merge(target, row.shorthand?.into(value, context, negated) ?? {}, known)
    })
  }
  return long ?? options
}

function merge(options: Bag, more: Bag, known: ReadonlyMap<string, Row>): void {
  for (const [key, value] of Object.entries(more)) {
    const row = known.get(key) as Row
    if (options[key] === undefined) options[key] = value
    else if (row.option?.join) options[key] = row.option.join(options[key], value)
    else throw new InputError(`cannot be used together with '${row.flag || row.key}', which says the same`)
  }
}

/** The options with every text read. */
function understood(extension: Extension, options: Bag, context: Context): Bag {
  const known = rows(extension)
  const read: Bag = {}
  for (const key in options) {
    const row = known.get(key)
    const given = options[key]
    if (!row || given === undefined || (given === false && !row.negatable)) continue
    const { value, negated } = inside(key, () => canonicalGiven(row, given, context))
    read[key] = !negated ? value : row.kind.words === 0 ? false : { not: value }
  }
  return read
}
