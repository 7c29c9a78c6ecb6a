import type { Codec } from './codec.js'
import type { Reader, Writer } from './cursor.js'
import { InputError, ProtocolError } from './error.js'

/** include/uapi/linux/netlink.h: NLA_F_NESTED */
export const NESTED = 0x8000
/** include/uapi/linux/netlink.h: NLA_F_NET_BYTEORDER */
export const NET_BYTEORDER = 0x4000
/** include/uapi/linux/netlink.h: NLA_TYPE_MASK */
export const TYPE_MASK = 0x3fff

/** One row of an attribute set. */
export interface Attribute<T> {
  readonly type: number
  readonly codec: Codec<T>
  /** The kernel's name without the set's prefix, such as `TIMEOUT`. */
  readonly kernel: string
  readonly doc: string
}

/** A row: the attribute's number, its codec, the kernel's name for it, what it means. */
export function attr<T>(type: number, codec: Codec<T>, kernel: string, doc: string): Attribute<T> {
  return { type, codec, kernel, doc }
}

/** An attribute that the set has no row for, kept as it came. */
export interface UnknownAttribute {
  /** Its number, with the flag bits it carried. */
  readonly type: number
  readonly bytes: Uint8Array
}

type Rows = Readonly<Record<string, Attribute<any>>>

export type AttributeValue<R> = { -readonly [K in keyof R]?: R[K] extends Attribute<infer T> ? T : never } & {
  unknown?: readonly UnknownAttribute[]
}

/** An attribute set: a codec that also knows its rows, for names, documentation and error paths. */
export interface AttributeSet<R extends Rows> extends Codec<AttributeValue<R>> {
  readonly nested: true
  readonly rows: R
  readonly byType: readonly (readonly [string, Attribute<unknown>] | undefined)[]
}

/**
 * A set of attributes, all optional, written in the order of the rows. With `announceByteOrder` the set flags scalars
 * in network byte order, as ipset does and nf_tables does not. What has no row is kept in `unknown` and written back.
 */
export function attributes<const R extends Rows>(
  name: string,
  rows: R,
  options: { announceByteOrder?: boolean } = {},
): AttributeSet<R> {
  const entries = Object.entries(rows)
  const byType: (readonly [string, Attribute<unknown>] | undefined)[] = []
  const readers: (((reader: Reader) => unknown) | undefined)[] = []
  const keys: (string | undefined)[] = []
  for (const [key, row] of entries) {
    byType[row.type] = [key, row]
    readers[row.type] = row.codec.read
    keys[row.type] = key
  }
  const writers = entries.map(([key, { type, codec }]) => {
    const flags = (codec.nested ? NESTED : 0) | (options.announceByteOrder && codec.order ? NET_BYTEORDER : 0)
    return { key, type: type | flags, write: codec.write.bind(codec) as (writer: Writer, value: unknown) => void }
  })

  return {
    name,
    nested: true,
    rows,
    byType,
    write(writer, value) {
      for (let i = 0; i < writers.length; i++) {
        const { key, type, write } = writers[i] as (typeof writers)[number]
        const item = (value as Record<string, unknown>)[key]
        if (item === undefined) continue
        const start = open(writer, type)
        try {
          write(writer, item)
          close(writer, start)
        } catch (error) {
          throw InputError.is(error) ? error.within(key) : error
        }
      }
      if (value.unknown !== undefined) for (const { type, bytes } of value.unknown) putAttribute(writer, type, bytes)
    },
    read(reader) {
      const value: Record<string, unknown> = {}
      const { end } = reader
      while (reader.at < end) {
        const at = reader.at
        const type = enter(reader, end, name)
        const read = readers[type & TYPE_MASK]
        if (read !== undefined) {
          value[keys[type & TYPE_MASK] as string] = read(reader)
        } else {
          const unknown = (value.unknown ??= []) as UnknownAttribute[]
          unknown.push({ type, bytes: Uint8Array.from(reader.rest()) })
        }
        leave(reader, at, end)
      }
      return value as AttributeValue<R>
    },
  }
}

/** Steps into the attribute at `reader.at`: gives its type with its flags, and leaves `reader` on its payload alone. */
export function enter(reader: Reader, end: number, name: string): number {
  const { at } = reader
  if (end - at < 4) throw new ProtocolError(`${name}: an attribute header cut short`, { offset: at })
  const size = reader.u16At(at)
  if (size < 4 || size > end - at) {
    throw new ProtocolError(`${name}: an attribute of ${size} bytes where ${end - at} are left`, { offset: at })
  }
  reader.at = at + 4
  reader.end = at + size
  return reader.u16At(at + 2)
}

/** Steps out of the attribute that began at `start`, past its padding. */
export function leave(reader: Reader, start: number, end: number): void {
  reader.at = Math.min(end, start + ((reader.end - start + 3) & -4))
  reader.end = end
}

/** Writes an attribute header whose length `close` fills in; gives the place to hand to it. */
export function open(writer: Writer, type: number): number {
  const start = writer.reserve(4)
  writer.setU16At(start + 2, type)
  return start
}

/** Fills in the length of the attribute opened at `start` and pads it to four bytes. */
export function close(writer: Writer, start: number): void {
  const length = writer.at - start
  if (length > 0xffff) throw new InputError(`an attribute of ${length} bytes: at most 65535 fit`)
  writer.setU16At(start, length)
  const padding = -length & 3
  if (padding > 0) {
    const at = writer.reserve(padding)
    writer.bytes.fill(0, at, at + padding)
  }
}

/** One whole attribute of raw bytes. */
export function putAttribute(writer: Writer, type: number, bytes: Uint8Array): void {
  const start = open(writer, type)
  writer.put(bytes)
  close(writer, start)
}

/** A sequence of attributes as they come, for bytes that no set describes. Reading and writing back changes nothing. */
export const rawAttributes: Codec<readonly UnknownAttribute[]> = {
  name: 'nlattr[]',
  nested: true,
  write(writer, value) {
    for (const { type, bytes } of value) putAttribute(writer, type, bytes)
  },
  read: (reader) => anyAttributes.read(reader).unknown ?? [],
}

const anyAttributes = attributes('nlattr', {})
