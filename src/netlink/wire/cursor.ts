import { InputError, ProtocolError } from './error.js'

/** Whether this machine stores the low byte first. Netlink headers are in the machine's order. */
export const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** Reads bytes front to back. Every read is checked against the end, so cut input gives a ProtocolError. */
export class Reader {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** The next byte to read, counted from the start of `bytes`. */
  at: number
  /** The byte after the last one that may be read. */
  end: number

  #buffer: Buffer | undefined

  /** `view`: one of the same bytes that is there already. */
  constructor(bytes: Uint8Array, at = 0, end = bytes.length, view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)) {
    this.bytes = bytes
    this.view = view
    this.at = at
    this.end = end
  }

  /** The same bytes with the methods of a Buffer. */
  get buffer(): Buffer {
    this.#buffer ??= Buffer.isBuffer(this.bytes) ? this.bytes : Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
    return this.#buffer
  }

  get left(): number {
    return this.end - this.at
  }

  /** Steps over `size` bytes and gives the place where they begin. */
  skip(size: number): number {
    const at = this.at
    if (size > this.end - at) {
      throw new ProtocolError(`${size} bytes expected, ${this.end - at} left`, { offset: at })
    }
    this.at = at + size
    return at
  }

  u8(): number {
    return this.view.getUint8(this.skip(1))
  }
  u16(): number {
    return this.view.getUint16(this.skip(2), littleEndian)
  }
  u32(): number {
    return this.view.getUint32(this.skip(4), littleEndian)
  }

  /** 16 bits in the machine's order at a place, wherever the cursor stands. */
  u16At(at: number): number {
    return this.view.getUint16(at, littleEndian)
  }
  /** 32 bits in the machine's order at a place. */
  u32At(at: number): number {
    return this.view.getUint32(at, littleEndian)
  }

  /** 64 bits in the machine's order at a place. */
  u64At(at: number): bigint {
    return this.view.getBigUint64(at, littleEndian)
  }

  /** 16 bits in network byte order at a place. */
  be16At(at: number): number {
    return this.view.getUint16(at)
  }
  /** 32 bits in network byte order at a place. */
  be32At(at: number): number {
    return this.view.getUint32(at)
  }
  /** 64 bits in network byte order at a place. */
  be64At(at: number): bigint {
    return this.view.getBigUint64(at)
  }

  /** The next `size` bytes, as a view on the input (no copy). */
  take(size: number): Uint8Array {
    const at = this.skip(size)
    return this.bytes.subarray(at, at + size)
  }

  /** All that is left, as a view. */
  rest(): Uint8Array {
    return this.take(this.left)
  }
}

/** Puts 32 bits in the machine's order into bytes that belong to somebody else. */
export function putU32(bytes: Uint8Array, at: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setUint32(at, value, littleEndian)
}

/** The same in network byte order. */
export function putBE32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

/** 32 bits in network byte order at a place, which has to be there. */
export function be32Of(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
}

/** Writes bytes front to back into a buffer that grows up to `limit`. */
export class Writer {
  bytes: Buffer
  view: DataView
  at = 0
  /** No more bytes than this: beyond it a write throws, so that no length ever wraps. */
  readonly limit: number

  constructor(capacity = 512, limit = 0x7fff_ffff) {
    this.limit = limit
    this.bytes = Buffer.alloc(Math.min(capacity, limit))
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
  }

  #reader: Reader | undefined

  /** Reads what has been written; the same one until the buffer grows. */
  get reader(): Reader {
    if (this.#reader?.bytes !== this.bytes) this.#reader = new Reader(this.bytes)
    return this.#reader
  }

  /** Makes room for `size` more bytes and gives the place where they begin. */
  reserve(size: number): number {
    const at = this.at
    const end = at + size
    if (end > this.bytes.length) this.#grow(end)
    this.at = end
    return at
  }

  #grow(end: number): void {
    if (end > this.limit) throw new InputError(`needs ${end} bytes where ${this.limit} fit`)
    const bytes = Buffer.alloc(Math.min(Math.max(end, this.bytes.length * 2), this.limit))
    this.bytes.copy(bytes, 0, 0, this.at)
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  u8(value: number): void {
    const at = this.reserve(1)
    this.view.setUint8(at, value)
  }
  u16(value: number): void {
    const at = this.reserve(2)
    this.view.setUint16(at, value, littleEndian)
  }
  u32(value: number): void {
    const at = this.reserve(4)
    this.view.setUint32(at, value, littleEndian)
  }

  /** What stands in 16 bits at a place already written. */
  u16At(at: number): number {
    return this.view.getUint16(at, littleEndian)
  }
  /** 16 bits in the machine's order at a place already written. */
  setU16At(at: number, value: number): void {
    this.view.setUint16(at, value, littleEndian)
  }
  /** 32 bits in the machine's order at a place already written. */
  setU32At(at: number, value: number): void {
    this.view.setUint32(at, value, littleEndian)
  }

  /** 64 bits in the machine's order at a place already written. */
  setU64At(at: number, value: bigint): void {
    this.view.setBigUint64(at, value, littleEndian)
  }

  /** 32 bits in network byte order at a place already written. */
  setBE32At(at: number, value: number): void {
    this.view.setUint32(at, value)
  }

  put(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length)
    this.bytes.set(bytes, at)
  }

  /** What has been written so far, as a view. */
  written(): Buffer {
    return this.bytes.subarray(0, this.at)
  }
}
