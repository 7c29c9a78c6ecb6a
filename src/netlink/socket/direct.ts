import { closedError, errnoName, TransportError } from '../error.js'
import { NETLINK_NETFILTER } from '../header.js'
import { type Libc, loadLibc } from '../libc.js'
import { Namespace } from '../netns.js'
import type { SocketOptions, Transport, TransportCounters, TruncatedDatagram } from '../transport.js'
import { decode, encode } from '../wire/codec.js'
import { s32, u16, u32 } from '../wire/integers.js'
import { field, struct } from '../wire/struct.js'
import { Address, AF_NETLINK } from './address.js'
import { SOCKET_BUFFER } from './buffer.js'
import { Receiver } from './receiver.js'

// include/uapi/linux/netlink.h, asm-generic/socket.h, bits/socket.h
const SOCK_RAW_CLOEXEC = 3 | 0o2000000
const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const SO_SNDBUFFORCE = 32
const SO_RCVBUFFORCE = 33
const SOL_NETLINK = 270
const NETLINK_ADD_MEMBERSHIP = 1
const NETLINK_CAP_ACK = 10
const NETLINK_EXT_ACK = 11
const EFD_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000
const POLLIN = 1

const KERNEL = { family: AF_NETLINK, padding: 0, port: 0, groups: 0 }

/** include/uapi/asm-generic/poll.h: struct pollfd */
const PollFd = struct('pollfd', {
  fd: field(s32, 'fd', 'descriptor'),
  events: field(u16, 'events', 'what to wait for'),
  returned: field(u16, 'revents', 'what has happened'),
})

/**
 * Milliseconds of one poll. It is on one of libuv's threads, for which the end of a process and of a worker waits: so
 * nothing may stay there for long. An answer or an interruption ends it at once.
 */
const NAP = 250

/** A netlink socket through direct system calls: the kernel has answered a request before `send` returns. */
export class DirectSocket implements Transport {
  readonly counters: TransportCounters = { foreign: 0, truncated: 0 }
  closed = false
  port = 0
  readonly #libc: Libc
  readonly #options: SocketOptions
  readonly #namespace: Namespace | undefined
  readonly #kernel = encode(Address, KERNEL)
  readonly #receiver: Receiver
  #fd = -1
  /** Descriptors of sockets that were reset. */
  readonly #retired: number[] = []
  #wake = -1
  #waiting = false
  #sending = 0

  private constructor(libc: Libc, options: SocketOptions, namespace: Namespace | undefined) {
    this.#libc = libc
    this.#options = options
    this.#namespace = namespace
    this.#receiver = new Receiver(libc, this.counters, () => this.#release())
    try {
      this.#open()
    } catch (error) {
      namespace?.close()
      throw error
    }
  }

  /** Opens a socket. Rejects with a TransportError that says what is missing. */
  static async open(options: SocketOptions = {}): Promise<DirectSocket> {
    const libc = await loadLibc()
    return new DirectSocket(libc, options, options.netns === undefined ? undefined : Namespace.open(libc, options.netns))
  }

  another(): DirectSocket {
    this.#demandOpen()
    return new DirectSocket(this.#libc, this.#options, this.#namespace?.duplicate())
  }

  #open(): void {
    const libc = this.#libc
    const { protocol = NETLINK_NETFILTER } = this.#options
    const create = () => this.#check('socket', libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol))
    this.#fd = this.#namespace ? this.#namespace.run(create) : create()
    try {
      this.#set(SOL_NETLINK, NETLINK_EXT_ACK, 1)
      this.#set(SOL_NETLINK, NETLINK_CAP_ACK, 1)
      this.#enlarge(SO_SNDBUFFORCE, SO_SNDBUF, this.#options.sendBuffer ?? SOCKET_BUFFER)
      this.#enlarge(SO_RCVBUFFORCE, SO_RCVBUF, this.#options.receiveBuffer ?? SOCKET_BUFFER)
      this.#check('bind', libc.bind(this.#fd, this.#kernel, Address.size))
      for (const group of this.#options.groups ?? []) {
        if (!this.#set(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)) throw TransportError.system(`joining group ${group}`, libc.errno())
      }
      const own = encode(Address, KERNEL)
      this.#check('getsockname', libc.getsockname(this.#fd, own, encode(u32, Address.size)))
      this.port = decode(Address, own).port
    } catch (error) {
      libc.close(this.#fd)
      this.#fd = -1
      throw error
    }
  }

  #check(call: string, result: number): number {
    if (result < 0) throw TransportError.system(call, this.#libc.errno())
    return result
  }

  #set(level: number, option: number, value: number): boolean {
    return this.#libc.setsockopt(this.#fd, level, option, encode(s32, value), 4) === 0
  }

  #enlarge(force: number, ask: number, size: number): void {
    if (!this.#set(SOL_SOCKET, force, size)) this.#set(SOL_SOCKET, ask, size)
  }

  makeRoom(bytes: number): boolean {
    this.#demandOpen()
    // The kernel refuses a datagram of more than the buffer less 32 bytes (af_netlink.c: netlink_sendmsg).
    const needed = bytes + 32
    if (this.#sendBuffer() < needed) this.#enlarge(SO_SNDBUFFORCE, SO_SNDBUF, needed)
    return this.#sendBuffer() >= needed
  }

  #sendBuffer(): number {
    const size = encode(s32, 0)
    this.#check('getsockopt', this.#libc.getsockopt(this.#fd, SOL_SOCKET, SO_SNDBUF, size, encode(u32, 4)))
    return decode(s32, size)
  }

  send(datagram: Uint8Array, background = false): void | Promise<void> {
    this.#demandOpen()
    if (background) return this.#sendInBackground(datagram)
    const libc = this.#libc
    for (;;) {
      if (libc.sendto(this.#fd, datagram, datagram.length, 0, this.#kernel, Address.size) >= 0) return
      const errno = libc.errno()
      if (errnoName(errno) !== 'EINTR') throw sendError(errno, datagram.length)
    }
  }

  async #sendInBackground(datagram: Uint8Array): Promise<void> {
    this.#sending++
    try {
      const sent = await this.#libc.sendInBackground(this.#fd, datagram, datagram.length, this.#kernel)
      if (sent >= 0) return
    } finally {
      this.#sending--
      this.#release()
    }
    // The reason stays on the other thread. A datagram that was not taken was not read either: ask again here.
    this.send(datagram)
  }

  receive(): Uint8Array | TruncatedDatagram | undefined {
    return this.closed ? undefined : this.#receiver.receive(this.#fd)
  }

  async wait(): Promise<void> {
    this.#demandOpen()
    if (this.#receiver.arriving) return this.#receiver.arriving
    const libc = this.#libc
    if (this.#wake < 0) this.#wake = this.#check('eventfd', libc.eventfd(0, EFD_NONBLOCK_CLOEXEC))
    const polled = Buffer.concat([this.#fd, this.#wake].map((fd) => encode(PollFd, { fd, events: POLLIN, returned: 0 })))
    this.#waiting = true
    try {
      while ((await libc.pollInBackground(polled, 2, NAP)) === 0 && !this.closed) {}
    } finally {
      this.#waiting = false
      libc.close(this.#wake)
      this.#wake = -1
      this.#release()
    }
  }

  interrupt(): void {
    if (this.#waiting) this.#libc.signal(this.#wake)
  }

  reset(): void {
    this.#demandOpen()
    this.#receiver.forget()
    this.#retired.push(this.#fd)
    this.#fd = -1
    try {
      this.#open()
    } catch (error) {
      // Without a socket there is nothing left to do.
      this.close()
      throw error
    }
    this.interrupt()
    this.#release()
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.#namespace?.close()
    this.interrupt()
    this.#release()
  }

  /** Closes what is done with, once no other thread uses it: its number could be another file's by then. */
  #release(): void {
    if (this.#waiting || this.#sending > 0 || this.#receiver.isBusy) return
    if (this.closed && this.#fd >= 0) this.#retired.push(this.#fd)
    if (this.closed) this.#fd = -1
    for (const fd of this.#retired.splice(0)) this.#libc.close(fd)
  }

  #demandOpen(): void {
    if (this.closed) throw closedError()
  }
}

function sendError(errno: number, size: number): TransportError {
  if (errnoName(errno) !== 'EMSGSIZE' && errnoName(errno) !== 'ENOBUFS') return TransportError.system('sendto', errno)
  return new TransportError(
    `a datagram of ${size} bytes does not fit the socket's send buffer; ask for a larger sendBuffer or send less at once`,
    { code: 'ERR_OVERRUN', errno },
  )
}
