import { Reader, Writer } from './cursor.js'
import { ProtocolError } from './error.js'

/** How a value of type `T` is laid out in bytes. */
export interface Codec<T> {
  /** The kernel's name for it, for messages. */
  readonly name: string
  /** Bytes it takes, where that never varies. */
  readonly size?: number
  /** Power of two at which a C compiler would place it in a struct. */
  readonly align?: number
  /** `big`: a scalar in network byte order, which some attribute sets announce with NLA_F_NET_BYTEORDER. */
  readonly order?: 'big'
  /** Holds attributes, so that NLA_F_NESTED goes with it. */
  readonly nested?: true
  write(writer: Writer, value: T): void
  /** Reads from `reader.at`; text, bytes and attribute sets take all up to `reader.end`. */
  read(reader: Reader): T
}

/** The type of the values of a codec. */
export type Infer<C> = C extends Codec<infer T> ? T : never

/** The bytes of one value. */
export function encode<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new Writer(codec.size ?? 256)
  codec.write(writer, value)
  return writer.written()
}

/** The value that `bytes` hold; left-over bytes are a ProtocolError. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes)
  const value = codec.read(reader)
  if (reader.left > 0) throw new ProtocolError(`${codec.name}: ${reader.left} bytes too many`, { offset: reader.at })
  return value
}

/** The same bytes seen as another type. */
export function map<A, B>(codec: Codec<A>, name: string, to: (a: A) => B, from: (b: B) => A): Codec<B> {
  return {
    ...codec,
    name,
    write: (writer, value) => codec.write(writer, from(value)),
    read: (reader) => to(codec.read(reader)),
  }
}
