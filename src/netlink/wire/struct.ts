import type { Codec } from './codec.js'
import { inside } from './error.js'
import type { StructCodec } from './record.js'

/** One member of a C struct. */
export interface Field<T> {
  readonly codec: Codec<T>
  /** The kernel's name of the member. */
  readonly kernel: string
  readonly doc: string
}

/** A member: its codec, the kernel's name for it, what it means. */
export function field<T>(codec: Codec<T>, kernel: string, doc: string): Field<T> {
  return { codec, kernel, doc }
}

type Fields = Readonly<Record<string, Field<never>>>
type Value<F> = { -readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

/** A C struct: members at the offsets where the compiler puts them, padded to the widest of them. */
export function struct<const F extends Readonly<Record<string, Field<any>>>>(
  name: string,
  fields: F,
): StructCodec<Value<F>> {
  const rows = Object.entries(fields as unknown as Fields) as [string, Field<unknown>][]
  const offsets: Record<string, number> = {}
  let size = 0
  let align = 1
  for (const [key, { codec }] of rows) {
    if (codec.size === undefined) throw new TypeError(`${name}.${key}: ${codec.name} has no fixed size`)
    const unit = codec.align ?? 1
    align = Math.max(align, unit)
    size = (size + unit - 1) & -unit
    offsets[key] = size
    size += codec.size
  }
  size = (size + align - 1) & -align
  const codecs = Object.fromEntries(rows.map(([key, { codec }]) => [key, codec]))
  return {
    name,
    size,
    align,
    offsets: offsets as StructCodec<Value<F>>['offsets'],
    codecs: codecs as unknown as StructCodec<Value<F>>['codecs'],
    members: fields as unknown as StructCodec<Value<F>>['members'],
    write(writer, value) {
      const start = writer.reserve(size)
      writer.bytes.fill(0, start, start + size)
      for (const [key, { codec }] of rows) {
        writer.at = start + (offsets[key] as number)
        inside(key, () => codec.write(writer, (value as Record<string, unknown>)[key]))
      }
      writer.at = start + size
    },
    read(reader) {
      const start = reader.skip(size)
      const value: Record<string, unknown> = {}
      for (const [key, { codec }] of rows) {
        reader.at = start + (offsets[key] as number)
        value[key] = codec.read(reader)
      }
      reader.at = start + size
      return value as Value<F>
    },
  }
}
