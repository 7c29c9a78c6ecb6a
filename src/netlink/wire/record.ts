import type { Codec } from './codec.js'
import { type Reader, Writer } from './cursor.js'

/** The codec of a C struct, with the places of its members. */
export type StructCodec<V = Record<string, unknown>> = Codec<V> & {
  readonly size: number
  readonly offsets: { readonly [K in keyof V]: number }
  readonly codecs: { readonly [K in keyof V]: Codec<V[K]> }
  /** The kernel's name of each member, and what it means. */
  readonly members: { readonly [K in keyof V]: { readonly kernel: string; readonly doc: string } }
}

/** One member of a struct in memory. */
export interface Member {
  get(): unknown
  set(value: unknown): void
}

/**
 * One C struct, written and read a member at a time: in memory of its own, or where it stands among other bytes. Members
 * that nobody sets are zero in its own memory, and so is the padding up to `size`.
 */
export class StructMemory<V> {
  /** Its own memory. */
  readonly bytes: Buffer
  readonly #struct: StructCodec<V>
  readonly #own: Writer
  #writer: Writer
  #reader: Reader
  #base = 0

  /** `size`: at least that of the struct, more where what holds it is padded further. */
  constructor(struct: StructCodec<V>, size = struct.size) {
    this.#struct = struct
    this.#own = new Writer(size, size)
    this.#writer = this.#own
    this.bytes = this.#own.bytes
    this.#reader = this.#own.reader
  }

  clear(): void {
    this.bytes.fill(0)
  }

  /** Takes over the bytes of a struct; they may be padded. */
  load(bytes: Uint8Array): void {
    this.bytes.set(bytes)
  }

  /** Goes to a struct that stands in what a writer has written, until `detach`. */
  attach(writer: Writer, base: number): void {
    this.#writer = writer
    this.#reader = writer.reader
    this.#base = base
  }

  /** Goes to a struct that is only read, until `detach`. */
  attachReader(reader: Reader, base: number): void {
    this.#reader = reader
    this.#base = base
  }

  /** Comes back to its own memory. */
  detach(): void {
    this.#writer = this.#own
    this.#reader = this.#own.reader
    this.#base = 0
  }

  /** Whether the struct has that member. */
  knows(key: string): key is keyof V & string {
    return Object.hasOwn(this.#struct.offsets, key)
  }

  get<K extends keyof V>(key: K): V[K] {
    this.#reader.at = this.#base + this.#struct.offsets[key]
    return this.#struct.codecs[key].read(this.#reader)
  }

  set<K extends keyof V>(key: K, value: V[K]): void {
    this.#writer.at = this.#base + this.#struct.offsets[key]
    this.#struct.codecs[key].write(this.#writer, value)
  }

  /** A member, found once for many uses. */
  member(key: keyof V): Member {
    const offset = this.#struct.offsets[key]
    const codec = this.#struct.codecs[key] as Codec<unknown>
    return {
      get: () => {
        const reader = this.#reader
        reader.at = this.#base + offset
        return codec.read(reader)
      },
      set: (value) => {
        const writer = this.#writer
        writer.at = this.#base + offset
        codec.write(writer, value)
      },
    }
  }

  /** Whether all of `bits` stand in a member that is a number. */
  has(key: keyof V, bits: number): boolean {
    return (((this.get(key) as number) & bits) >>> 0) === bits
  }

  /** Sets `bits` in a member that is a number. */
  raise(key: keyof V, bits: number): void {
    this.set(key, (((this.get(key) as number) | bits) >>> 0) as V[typeof key])
  }
}
