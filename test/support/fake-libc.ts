import type { Libc, Reserved } from '../../src/netlink/libc.js'
import { host32 } from './bytes.js'

const EAGAIN = 11
/** struct mmsghdr on a machine of 64 bits, the low byte first. */
const HEADER = 64

/** A datagram to receive, or the errno that fails with. */
export type Received =
  | { readonly bytes: Uint8Array; readonly from?: number; readonly size?: number }
  | { readonly errno: number }

/** A C library that only takes notes: system calls and what they were given. Tests put in what they return. */
export class FakeLibc implements Libc {
  readonly calls: { readonly name: string; readonly args: readonly unknown[] }[] = []
  /** What is received, in order; EAGAIN when there is nothing left. */
  readonly incoming: Received[] = []
  /** Errnos that `sendto` fails with before it succeeds. */
  readonly sendErrors: number[] = []
  /** Calls by this name fail with this errno. */
  readonly failing = new Map<string, number>()
  port = 4711
  /** What `getsockopt` fills in, by the option; nothing unless given. Gives the errno, or 0. */
  answer: (option: number, value: Uint8Array) => number = () => 0
  /** What `setsockopt` gives for an option and its bytes, once they are noted: the errno, or 0. */
  take: (option: number, value: Uint8Array) => number = () => 0
  /** Errnos that `flock` fails with before it succeeds. */
  readonly lockErrors: number[] = []
  /** Memory that was reserved and not given back. */
  readonly reserved = new Set<Buffer>()
  /** Where in sockaddr_nl the port stands. */
  portAt = 4
  readonly wordSize = 8
  /** What was asked for its address, and where that is: a number of its own in the upper half. */
  readonly #addressed: Buffer[] = []
  #errno = 0
  #nextFd = 100
  readonly open = new Set<number>()
  /** Ends the poll that is under way. */
  wake: (() => void) | undefined

  #note(name: string, ...args: readonly unknown[]): boolean {
    this.calls.push({ name, args: args.map((one) => (one instanceof Uint8Array ? Buffer.from(one) : one)) })
    const errno = this.failing.get(name)
    if (errno !== undefined) this.#errno = errno
    return errno === undefined
  }

  #descriptor(): number {
    this.open.add(this.#nextFd)
    return this.#nextFd++
  }

  #result(errno: number): number {
    if (errno !== 0) this.#errno = errno
    return errno === 0 ? 0 : -1
  }

  socket(domain: number, type: number, protocol: number): number {
    return this.#note('socket', domain, type, protocol) ? this.#descriptor() : -1
  }
  bind(fd: number, address: Uint8Array, size: number): number {
    return this.#note('bind', fd, address, size) ? 0 : -1
  }
  getsockname(fd: number, address: Uint8Array, size: Uint8Array): number {
    if (!this.#note('getsockname', fd, address, size)) return -1
    address.set(host32(this.port), this.portAt)
    return 0
  }
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, size: number): number {
    return this.#note('setsockopt', fd, level, option, value, size) ? this.#result(this.take(option, value)) : -1
  }
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, size: Uint8Array): number {
    return this.#note('getsockopt', fd, level, option, value, size) ? this.#result(this.answer(option, value)) : -1
  }
  async setsockoptInBackground(fd: number, level: number, option: number, value: Uint8Array): Promise<number> {
    await new Promise((resolve) => setImmediate(resolve))
    return this.#note('setsockoptInBackground', fd, level, option, value) ? this.take(option, value) : this.#errno
  }
  async getsockoptInBackground(fd: number, level: number, option: number, value: Uint8Array): Promise<number> {
    await new Promise((resolve) => setImmediate(resolve))
    return this.#note('getsockoptInBackground', fd, level, option, value) ? this.answer(option, value) : this.#errno
  }
  flock(fd: number, operation: number): number {
    if (!this.#note('flock', fd, operation)) return -1
    return this.#result(this.lockErrors.shift() ?? 0)
  }
  reserve(size: number): Reserved {
    this.#note('reserve', size)
    const memory = Buffer.alloc(size)
    this.reserved.add(memory)
    return { address: 0x7f00_0000_1000n, copy: () => Buffer.from(memory), free: () => void this.reserved.delete(memory) }
  }
  sendto(fd: number, bytes: Uint8Array, size: number, flags: number, to: Uint8Array, toSize: number): number {
    if (!this.#note('sendto', fd, bytes, size, flags, to, toSize)) return -1
    const errno = this.sendErrors.shift()
    if (errno === undefined) return size
    this.#errno = errno
    return -1
  }
  addressOf(bytes: Uint8Array): bigint {
    const base = BigInt(this.#addressed.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))) << 32n
    return base
  }
  /** recvmmsg(2): what comes behind an error waits for the next call, and so does the error, but for EAGAIN. */
  async recvManyInBackground(fd: number, headers: Uint8Array, count: number, flags: number): Promise<number> {
    await new Promise((resolve) => setImmediate(resolve))
    this.#note('recvmmsg', fd, headers, count, flags)
    const view = Buffer.from(headers.buffer, headers.byteOffset, headers.length)
    for (let i = 0; i < count; i++) {
      const next = this.incoming[0] ?? { errno: EAGAIN }
      if (!('errno' in next) || i === 0 || next.errno === EAGAIN) this.incoming.shift()
      if ('errno' in next) return i === 0 ? -next.errno : i
      const word = (member: number) => view.readBigUInt64LE(i * HEADER + member * 8)
      const vector = this.at(word(2))
      this.at(vector.readBigUInt64LE(0)).subarray(0, Number(vector.readBigUInt64LE(8))).set(next.bytes.subarray(0, Number(vector.readBigUInt64LE(8))))
      this.at(word(0)).set(Buffer.concat([Buffer.alloc(this.portAt), host32(next.from ?? 0), Buffer.alloc(12 - this.portAt - 4)]))
      view.writeUInt32LE(next.size ?? next.bytes.length, i * HEADER + 7 * 8)
    }
    return count
  }
  /** The memory from an address on. */
  at(address: bigint): Buffer {
    const memory = this.#addressed[Number(address >> 32n) - 1]
    if (!memory) throw new Error(`nothing stands at ${address}`)
    return memory.subarray(Number(address & 0xffff_ffffn))
  }
  recvfrom(fd: number, bytes: Uint8Array, size: number, flags: number, from: Uint8Array, fromSize: Uint8Array): number {
    this.#note('recvfrom', fd, size, flags, fromSize)
    const next = this.incoming.shift() ?? { errno: 11 } // EAGAIN
    if ('errno' in next) {
      this.#errno = next.errno
      return -1
    }
    bytes.set(next.bytes.subarray(0, size))
    from.fill(0)
    from.set(host32(next.from ?? 0), this.portAt)
    return next.size ?? next.bytes.length
  }
  close(fd: number): number {
    this.#note('close', fd)
    return this.open.delete(fd) ? 0 : -1
  }
  eventfd(count: number, flags: number): number {
    return this.#note('eventfd', count, flags) ? this.#descriptor() : -1
  }
  setns(fd: number, kind: number): number {
    return this.#note('setns', fd, kind) ? 0 : -1
  }
  errno(): number {
    return this.#errno
  }
  async sendInBackground(fd: number, bytes: Uint8Array, size: number, to: Uint8Array): Promise<number> {
    await new Promise((resolve) => setImmediate(resolve))
    return this.#note('sendInBackground', fd, bytes, size, to) ? size : -1
  }
  pollInBackground(fds: Uint8Array, count: number, timeout: number): Promise<number> {
    this.#note('poll', fds, count, timeout)
    return new Promise((resolve) => {
      this.wake = () => resolve(1)
    })
  }
  signal(fd: number): void {
    this.#note('signal', fd)
    this.wake?.()
  }

  /** The arguments of the calls of one name. */
  argsOf(name: string): (readonly unknown[])[] {
    return this.calls.filter((call) => call.name === name).map(({ args }) => args)
  }
}
