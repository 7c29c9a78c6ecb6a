import type { Libc } from '../libc.js'
import { Writer } from '../wire/cursor.js'
import { Address } from './address.js'

const ADDRESS = 16

// struct mmsghdr of recvmmsg(2), bits/socket.h, in words of the machine: each member takes one.
const NAME = 0
const NAME_SIZE = 1
const VECTOR = 2
const VECTOR_SIZE = 3
const FLAGS = 6
const SIZE = 7
const WORDS = 8

/** Room for several datagrams and their senders, which recvmmsg(2) fills in one call. */
export class Slots {
  readonly count: number
  /** Bytes of the longest datagram that fits. */
  readonly size: number
  readonly #libc: Libc
  /** The datagrams, the addresses of their senders, a struct iovec for each, and a struct mmsghdr for each. */
  readonly #memory: Writer
  readonly #addresses: number
  readonly #headers: number

  constructor(libc: Libc, count: number, size: number) {
    const word = libc.wordSize
    this.count = count
    this.size = size
    this.#libc = libc
    this.#addresses = count * size
    const vectors = this.#addresses + count * ADDRESS
    this.#headers = vectors + count * 2 * word
    this.#memory = new Writer(this.#headers + count * WORDS * word)
    const base = libc.addressOf(this.#memory.bytes)
    for (let i = 0; i < count; i++) {
      const vector = vectors + i * 2 * word
      this.#setWord(vector, base + BigInt(i * size))
      this.#setWord(vector + word, BigInt(size))
      this.#setWord(this.#header(i, NAME), base + BigInt(this.#addressAt(i)))
      this.#setWord(this.#header(i, VECTOR), base + BigInt(vector))
      this.#setWord(this.#header(i, VECTOR_SIZE), 1n)
    }
  }

  /** Receives on another thread what is there: how many datagrams, or less the errno. */
  receive(fd: number, flags: number): Promise<number> {
    for (let i = 0; i < this.count; i++) {
      this.#memory.setU32At(this.#header(i, NAME_SIZE), Address.size)
      this.#memory.setU32At(this.#header(i, FLAGS), 0)
    }
    return this.#libc.recvManyInBackground(fd, this.#memory.bytes.subarray(this.#headers), this.count, flags)
  }

  /** The size of a datagram that was received, also of one that did not fit. */
  sizeOf(i: number): number {
    return this.#memory.reader.u32At(this.#header(i, SIZE))
  }

  /** The port of its sender; 0 is the kernel. */
  senderOf(i: number): number {
    return this.#memory.reader.u32At(this.#addressAt(i) + Address.offsets.port)
  }

  /** As much of it as there is. */
  bytesOf(i: number): Buffer {
    return this.#memory.bytes.subarray(i * this.size, i * this.size + Math.min(this.size, this.sizeOf(i)))
  }

  #addressAt(i: number): number {
    return this.#addresses + i * ADDRESS
  }

  #header(i: number, member: number): number {
    return this.#headers + (i * WORDS + member) * this.#libc.wordSize
  }

  #setWord(at: number, value: bigint): void {
    if (this.#libc.wordSize === 8) this.#memory.setU64At(at, value)
    else this.#memory.setU32At(at, Number(value))
  }
}
