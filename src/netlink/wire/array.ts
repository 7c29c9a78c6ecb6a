import type { Codec } from './codec.js'
import { InputError } from './error.js'

type Fixed<T> = Codec<T> & { readonly size: number }

/** `count` values of one type side by side, as `u16 ports[15]` in a struct. A shorter list leaves the rest zero. */
export function array<T>(item: Codec<T>, count: number): Fixed<readonly T[]> {
  const unit = item.size
  if (unit === undefined) throw new TypeError(`${item.name} has no fixed size`)
  return {
    name: `${item.name}[${count}]`,
    size: unit * count,
    align: item.align ?? 1,
    write(writer, values) {
      if (values.length > count) throw new InputError(`${values.length} values where ${count} fit`)
      const start = writer.reserve(unit * count)
      writer.bytes.fill(0, start + unit * values.length, start + unit * count)
      writer.at = start
      for (let i = 0; i < values.length; i++) item.write(writer, values[i] as T)
      writer.at = start + unit * count
    },
    read(reader) {
      const values: T[] = new Array(count)
      for (let i = 0; i < count; i++) values[i] = item.read(reader)
      return values
    },
  }
}

/** Exactly `size` bytes that mean something elsewhere; shorter input leaves the rest zero. Read as a copy. */
export function blob(size: number, align = 1): Fixed<Uint8Array> {
  return {
    name: `u8[${size}]`,
    size,
    align,
    write(writer, value) {
      if (value.length > size) throw new InputError(`${value.length} bytes where ${size} fit`)
      const start = writer.reserve(size)
      writer.bytes.set(value, start)
      writer.bytes.fill(0, start + value.length, start + size)
    },
    read: (reader) => new Uint8Array(reader.take(size)),
  }
}
