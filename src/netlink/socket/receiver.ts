import { errnoName, TransportError } from '../error.js'
import type { Libc } from '../libc.js'
import { type TransportCounters, TruncatedDatagram } from '../transport.js'
import { encode } from '../wire/codec.js'
import { Reader } from '../wire/cursor.js'
import { u32 } from '../wire/integers.js'
import { Address, AF_NETLINK } from './address.js'

const DONT_WAIT_TRUNC = 0x40 | 0x20 // MSG_DONTWAIT | MSG_TRUNC
/** Holds a 64 KB request that an error gives back whole, and any dump datagram (at most 32 KB). */
const RECEIVE_BUFFER = 128 * 1024
/** Bytes from which on a datagram is a piece of a long list, so that another one follows. */
const LONG = 8 * 1024

/** What a datagram is received into, and who has sent it. */
class Inbound {
  readonly buffer: Buffer
  readonly from = encode(Address, { family: AF_NETLINK, padding: 0, port: 0, groups: 0 })
  readonly fromSize = encode(u32, Address.size)
  readonly #reader = new Reader(this.from)

  constructor(size: number) {
    this.buffer = Buffer.alloc(size)
  }

  /** The port of the sender; 0 is the kernel. */
  get sender(): number {
    return this.#reader.u32At(Address.offsets.port)
  }
}

/** A datagram on its way: its size, or less the errno, as soon as another thread has received it. */
interface Arrival {
  readonly inbound: Inbound
  readonly done: Promise<void>
  size: number | undefined
}

/**
 * Receives the datagrams of a socket. While a piece of a long list is read, another thread receives the next one: the kernel
 * puts that together in the call that asks for it, which is half of the work of a list.
 */
export class Receiver {
  readonly #libc: Libc
  readonly #counters: TransportCounters
  readonly #idle: () => void
  #inbound = new Inbound(RECEIVE_BUFFER)
  #spare: Inbound | undefined
  #arrival: Arrival | undefined
  #calls = 0

  /** `idle` is called when no other thread uses the socket any more. */
  constructor(libc: Libc, counters: TransportCounters, idle: () => void) {
    this.#libc = libc
    this.#counters = counters
    this.#idle = idle
  }

  /** Whether another thread uses the socket. */
  get isBusy(): boolean {
    return this.#calls > 0
  }

  /** Resolves when the datagram is there that is on its way; undefined when none is. */
  get arriving(): Promise<void> | undefined {
    return this.#arrival?.done
  }

  /** Forgets what is on its way: the socket is another one now. */
  forget(): void {
    this.#arrival = undefined
    this.#spare = undefined
  }

  /** The next datagram that is already here. */
  receive(fd: number): Uint8Array | TruncatedDatagram | undefined {
    for (;;) {
      const size = this.#arrival ? this.#arrived(fd, this.#arrival) : this.#now(fd)
      if (size === undefined) return undefined
      const { buffer, sender } = this.#inbound
      if (sender !== 0) {
        this.#counters.foreign++
        continue
      }
      if (size <= buffer.length) {
        if (size >= LONG) this.#ahead(fd)
        return buffer.subarray(0, size)
      }
      this.#counters.truncated++
      this.#inbound = new Inbound(2 ** Math.ceil(Math.log2(size)))
      this.#spare = undefined
      return new TruncatedDatagram(size, buffer)
    }
  }

  #now(fd: number): number | undefined {
    const { buffer, from, fromSize } = this.#inbound
    for (;;) {
      const size = this.#libc.recvfrom(fd, buffer, buffer.length, DONT_WAIT_TRUNC, from, fromSize)
      if (size >= 0) return size
      const errno = this.#libc.errno()
      const name = errnoName(errno)
      if (name === 'EAGAIN') return undefined
      if (name !== 'EINTR') throw TransportError.system('recvfrom', errno)
    }
  }

  #ahead(fd: number): void {
    const inbound = this.#spare ?? new Inbound(this.#inbound.buffer.length)
    this.#spare = undefined
    this.#calls++
    const call = this.#libc.recvInBackground(fd, inbound.buffer, DONT_WAIT_TRUNC, inbound.from, inbound.fromSize)
    const done = call.then((size) => {
      arrival.size = size
    }).finally(() => {
      this.#calls--
      this.#idle()
    })
    const arrival: Arrival = { inbound, done, size: undefined }
    this.#arrival = arrival
  }

  /** The size of what was on its way; undefined while it still is. */
  #arrived(fd: number, { inbound, size }: Arrival): number | undefined {
    if (size === undefined) return undefined
    this.#arrival = undefined
    if (size < 0) {
      this.#spare = inbound
      const name = errnoName(-size)
      if (name === 'EAGAIN' || name === 'EINTR') return this.#now(fd)
      throw TransportError.system('recvfrom', -size)
    }
    this.#spare = this.#inbound
    this.#inbound = inbound
    return size
  }
}
