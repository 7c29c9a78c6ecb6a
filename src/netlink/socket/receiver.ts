import { errnoName, TransportError } from '../error.js'
import type { Libc } from '../libc.js'
import { type TransportCounters, TruncatedDatagram } from '../transport.js'
import { encode } from '../wire/codec.js'
import { Reader } from '../wire/cursor.js'
import { u32 } from '../wire/integers.js'
import { Address, AF_NETLINK } from './address.js'
import { Slots } from './slots.js'

const DONT_WAIT_TRUNC = 0x40 | 0x20 // MSG_DONTWAIT | MSG_TRUNC
/** Holds a 64 KB request that an error gives back whole, and any dump datagram (at most 32 KB). */
const RECEIVE_BUFFER = 128 * 1024
/** Datagrams that another thread receives in a call. */
const AT_ONCE = 8
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

/** Datagrams on their way: how many, or less the errno, as soon as another thread has received them. */
interface Arrival {
  readonly slots: Slots
  readonly done: Promise<void>
  count: number | undefined
}

/**
 * Receives the datagrams of a socket. While a piece of a long list is read, another thread receives the next ones, several in a
 * call: the kernel puts each together in the call that asks for it, which is half of the work of a list.
 */
export class Receiver {
  readonly #libc: Libc
  readonly #counters: TransportCounters
  readonly #idle: () => void
  #size = RECEIVE_BUFFER
  /** For the datagrams that are received on this thread. */
  #inbound = new Inbound(RECEIVE_BUFFER)
  /** Those that another thread has received, and which of them is the next. */
  #slots: Slots | undefined
  #next = 0
  #count = 0
  /** What `#slots` and the arrival do not use. */
  #spare: Slots | undefined
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

  /** Resolves when the datagrams are there that are on their way; undefined when none are. */
  get arriving(): Promise<void> | undefined {
    return this.#arrival?.done
  }

  /** Forgets what has come and what is on its way: the socket is another one now. */
  forget(): void {
    this.#arrival = undefined
    this.#slots = undefined
    this.#spare = undefined
    this.#next = 0
    this.#count = 0
  }

  /** The next datagram that is already here. */
  receive(fd: number): Uint8Array | TruncatedDatagram | undefined {
    for (;;) {
      if (this.#next === this.#count && this.#arrival && !this.#land(fd, this.#arrival)) return undefined
      const held = this.#next < this.#count
      const size = held ? (this.#slots as Slots).sizeOf(this.#next) : this.#now(fd)
      if (size === undefined) return undefined
      const bytes = held ? (this.#slots as Slots).bytesOf(this.#next) : this.#inbound.buffer.subarray(0, size)
      const sender = held ? (this.#slots as Slots).senderOf(this.#next) : this.#inbound.sender
      if (held) this.#next++
      if (sender !== 0) {
        this.#counters.foreign++
        continue
      }
      if (size > bytes.length) return this.#truncated(size, bytes)
      if (!held && size >= LONG) this.#ahead(fd)
      return bytes
    }
  }

  #truncated(size: number, head: Uint8Array): TruncatedDatagram {
    this.#counters.truncated++
    if (size > this.#size) {
      this.#size = 2 ** Math.ceil(Math.log2(size))
      this.#inbound = new Inbound(this.#size)
    }
    return new TruncatedDatagram(size, head)
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
    const slots = this.#spare?.size === this.#size ? this.#spare : new Slots(this.#libc, AT_ONCE, this.#size)
    this.#spare = undefined
    this.#calls++
    const done = slots.receive(fd, DONT_WAIT_TRUNC).then((count) => {
      arrival.count = count
    }).finally(() => {
      this.#calls--
      this.#idle()
    })
    const arrival: Arrival = { slots, done, count: undefined }
    this.#arrival = arrival
  }

  /** Takes over what was on its way; false while it still is. Where nothing came, there is nothing to take over. */
  #land(fd: number, { slots, count }: Arrival): boolean {
    if (count === undefined) return false
    this.#arrival = undefined
    this.#spare = count > 0 ? this.#slots : slots
    if (count > 0) {
      this.#slots = slots
      this.#next = 0
      this.#count = count
      if (slots.sizeOf(count - 1) >= LONG) this.#ahead(fd)
      return true
    }
    const name = errnoName(-count)
    if (name === 'EAGAIN' || name === 'EINTR') return true
    throw TransportError.system('recvmmsg', -count)
  }
}
