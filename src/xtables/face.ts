import { encode } from '../netlink/wire/codec.js'
import { InputError } from '../netlink/wire/error.js'
import type { Reader, Writer } from '../netlink/wire/cursor.js'
import { type Member, StructMemory } from '../netlink/wire/record.js'
import { completer, same } from './complete.js'
import type { Context } from './context.js'
import type { Extension } from './extension.js'
import { EXTENSION_HEADER, ExtensionHeader } from './layout.js'
import { isNot, type Not } from './kind.js'
import type { Bag, Memory, Option, Place } from './option.js'
import { checkedOptions, type Row, readText, rows } from './row.js'
import { isSealed } from './sealed.js'

/** Data are padded to this (XT_ALIGN in include/uapi/linux/netfilter/x_tables.h). */
export function aligned(size: number): number {
  return (size + 7) & -8
}

/** One revision of an extension: its options to the bytes of its struct, and back. */
export interface Face {
  readonly revision: number
  /** Bytes of the struct, padded. */
  readonly size: number
  /** Bytes from here on belong to the kernel. */
  readonly visible: number
  /** The struct with these options, valid until the next call. Throws an InputError with the option's key as its path. */
  pack(options: Bag, context: Context): Uint8Array
  /** Writes the extension with its header. */
  write(writer: Writer, options: Bag, context: Context): void
  /** The options in the struct at a place, in the order in which they are printed. Throws where it holds what no option says. */
  read(reader: Reader, at: number, context: Context): Bag
  /** The options as they would be read back. */
  canonical(options: Bag, context: Context): Bag
  /**
   * As `canonical` for values that have just been read from a text: they are in their canonical form already. undefined
   * where more than the values counts.
   */
  readonly complete: ((options: Bag, context: Context) => Bag) | undefined
  /** Whether these bytes are this extension, and not another of the same name in the kernel. */
  recognises(bytes: Uint8Array): boolean
}

const faces = new WeakMap<Extension, Map<number, Face>>()

/** A revision of an extension; undefined where this library does not know it. */
export function face(extension: Extension, revision: number): Face | undefined {
  let known = faces.get(extension)
  if (!known) {
    known = new Map()
    faces.set(extension, known)
  }
  let one = known.get(revision)
  if (!one && Object.hasOwn(extension.revisions, revision)) {
    one = compile(extension, revision)
    known.set(revision, one)
  }
  return one
}

const newestOf = new WeakMap<Extension, number>()

/** The highest revision of an extension. */
export function newest(extension: Extension): number {
  let revision = newestOf.get(extension)
  if (revision === undefined) {
    revision = Math.max(...Object.keys(extension.revisions).map(Number))
    newestOf.set(extension, revision)
  }
  return revision
}

function compile(extension: Extension, revision: number): Face {
  const layout = extension.revisions[revision] as Extension['revisions'][number]
  const size = aligned(layout.size)
  const memory: Memory = new StructMemory(layout, size)
  const all = [...rows(extension).values()].filter((row) => row.option)
  const blank = Buffer.alloc(size)
  for (const { option: place } of all) {
    const member = place && slot(place.to, memory)
    if (member && place.fallback !== undefined) member.set(place.fallback)
  }
  blank.set(memory.bytes)
  const offset = extension.private === undefined ? undefined : layout.offsets[extension.private]
  const writers = all.map((row) => ({ row, write: writer(row, memory, revision) }))
  const readers = all.map((row) => ({ key: row.key, read: reader(row, memory) }))

  const header = { size: EXTENSION_HEADER + size, name: extension.kernel ?? extension.name, revision }
  const template = Buffer.concat([encode(ExtensionHeader, header), blank])

  /** Writes options into a struct in which nothing but the fallbacks stands. */
  const fill = (given: Bag, context: Context): void => {
    const options = isSealed(given) ? given : checkedOptions(extension, given, context)
    for (let i = 0; i < writers.length; i++) {
      const { row, write } = writers[i] as (typeof writers)[number]
      const value = options[row.key]
      if (value !== undefined) writeNamed(row.key, write, value, context)
      else if (row.option?.required) throw new InputError(`option '${row.flag || row.key}' must be specified`)
    }
    extension.finish?.(memory, options, context)
  }

  const read = (context: Context): Bag => {
    const options: Bag = { [extension.type]: extension.name }
    for (let i = 0; i < readers.length; i++) {
      const { key, read } = readers[i] as (typeof readers)[number]
      const value = read(context)
      if (value !== undefined) options[key] = value
    }
    return options
  }

  return {
    revision,
    size,
    visible: offset ?? size,
    pack(given, context) {
      memory.load(blank)
      fill(given, context)
      return memory.bytes
    },
    write(writer, given, context) {
      const start = writer.at
      writer.put(template)
      memory.attach(writer, start + EXTENSION_HEADER)
      try {
        fill(given, context)
      } finally {
        memory.detach()
        writer.at = start + template.length
      }
    },
    read(reader, at, context) {
      memory.attachReader(reader, at)
      try {
        return read(context)
      } finally {
        memory.detach()
      }
    },
    canonical(options, context) {
      memory.load(blank)
      fill(options, context)
      return read(context)
    },
    complete: completer(extension, all, (context) => {
      memory.load(blank)
      return read(context)
    }),
    recognises(bytes) {
      if (!extension.when) return true
      memory.load(bytes)
      return extension.when(memory)
    },
  }
}

/**
 * Where a value stands in the struct: in one member, or part by part in several. undefined where the struct (of an older
 * revision) lacks a member.
 */
function slot(to: Place['to'], memory: Memory): Member | undefined {
  if (typeof to === 'string') {
    return memory.knows(to) ? memory.member(to) : undefined
  }
  const parts = Object.entries(to ?? {})
  if (parts.length === 0 || !parts.every(([, member]) => memory.knows(member))) return undefined
  const members = parts.map(([part, member]) => ({ part, member: memory.member(member) }))
  return {
    get() {
      const raw: Bag = {}
      for (const { part, member } of members) raw[part] = member.get()
      return raw
    },
    set(raw) {
      for (const { part, member } of members) member.set((raw as Bag)[part])
    },
  }
}

function writeNamed(key: string, write: (given: unknown, context: Context) => void, value: unknown, context: Context): void {
  try {
    write(value, context)
  } catch (error) {
    throw InputError.is(error) ? error.within(key) : error
  }
}

function writer(row: Row, memory: Memory, revision: number): (given: unknown, context: Context) => void {
  const place = row.option as Option
  const { to, pack, kind } = place
  const member = slot(to, memory)
  const bits = [...Object.keys(place.set ?? {}), ...Object.keys(place.not ?? {})]
  if (!pack && ((to !== undefined && !member) || !bits.every((name) => memory.knows(name)))) {
    return () => {
      throw new InputError(`revision ${revision}, which this kernel has, does not know '${row.flag}'`)
    }
  }
  const set = Object.entries(place.set ?? {})
  const not = Object.entries(place.not ?? {})
  const { words } = kind
  return (given, context) => {
    const negated = given === false || isNot(given)
    if (negated && !row.negatable) {
      if (given === false) return
      throw new InputError('cannot be negated')
    }
    let value = given === false ? true : negated ? (given as Not<unknown>).not : given
    if (typeof value === 'string') value = readText(row, value, context)
    const raw = kind.pack(value as never, context)
    if (pack) {
      // The kind has checked the value, so that `pack` meets only values that fit.
      pack(memory, (words === 0 ? value : kind.unpack(raw, context)) as never, context, negated)
      return
    }
    member?.set(words === 0 ? 1 : raw)
    for (let i = 0; i < set.length; i++) memory.raise((set[i] as [string, number])[0], (set[i] as [string, number])[1])
    if (negated) for (const [name, bits] of not) memory.raise(name, bits)
  }
}

function reader(row: Row, memory: Memory): (context: Context) => unknown {
  const place = row.option as Option
  const { to, unpack, fallback, quiet, kind } = place
  if (unpack) return (context) => unpack(memory, context)
  const member = slot(to, memory)
  const bits = [...Object.keys(place.set ?? {}), ...Object.keys(place.not ?? {})]
  if ((to !== undefined && !member) || !bits.every((name) => memory.knows(name))) return () => undefined
  const set = Object.entries(place.set ?? {})
  const not = Object.entries(place.not ?? {})
  if (to === undefined && set.length === 0) {
    throw new TypeError(`${row.key}: a description needs 'to', 'set' or 'unpack'`)
  }
  return (context) => {
    for (const [member, bits] of set) if (!memory.has(member, bits)) return undefined
    let negated = not.length > 0
    for (const [member, bits] of not) if (!memory.has(member, bits)) negated = false
    if (!member) return !negated
    const raw = member.get()
    if (kind.words === 0) return raw === 0 ? undefined : !negated
    if (quiet && !negated && same(raw, fallback)) return undefined
    const value = kind.unpack(raw, context)
    return negated ? { not: value } : value
  }
}
