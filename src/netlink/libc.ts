import { TransportError } from './error.js'
import { putU32 } from './wire/cursor.js'

/** The system calls Node lacks. Each gives what the C function gives; -1 leaves the reason in `errno()`. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number
  bind(fd: number, address: Uint8Array, size: number): number
  getsockname(fd: number, address: Uint8Array, size: Uint8Array): number
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, size: number): number
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, size: Uint8Array): number
  /** As `setsockopt`, on another thread; `value` must not change before it ends. 0, or the errno. */
  setsockoptInBackground(fd: number, level: number, option: number, value: Uint8Array): Promise<number>
  /** As `getsockopt`, on another thread. 0, or the errno. */
  getsockoptInBackground(fd: number, level: number, option: number, value: Uint8Array): Promise<number>
  flock(fd: number, operation: number): number
  /** Memory that stays where it is, for the kernel to write to. */
  reserve(size: number): Reserved
  sendto(fd: number, bytes: Uint8Array, size: number, flags: number, to: Uint8Array, toSize: number): number
  recvfrom(fd: number, bytes: Uint8Array, size: number, flags: number, from: Uint8Array, fromSize: Uint8Array): number
  close(fd: number): number
  eventfd(count: number, flags: number): number
  setns(fd: number, kind: number): number
  errno(): number
  /** Bytes of a pointer. */
  readonly wordSize: number
  /** Where bytes stand in the memory of the process; they stay there. Only for more than 64 of them: V8 moves fewer about. */
  addressOf(bytes: Uint8Array): bigint
  /**
   * `recvmmsg` on another thread, which is done with what the headers point to when this ends. The number of datagrams
   * received, at most `count`, or less the errno.
   */
  recvManyInBackground(fd: number, headers: Uint8Array, count: number, flags: number): Promise<number>
  /** `sendto` on another thread; `bytes` must not change before it ends. The number of bytes sent, or -1. */
  sendInBackground(fd: number, bytes: Uint8Array, size: number, to: Uint8Array): Promise<number>
  /** poll(2) on another thread: how many of `count` descriptors are ready, 0 after `timeout` ms (-1: never). */
  pollInBackground(fds: Uint8Array, count: number, timeout: number): Promise<number>
  /** Adds `count` to an eventfd, which ends a poll on it. */
  signal(fd: number): void
}

/** Memory outside of JavaScript's. */
export interface Reserved {
  readonly address: bigint
  /** What stands there now. */
  copy(): Buffer
  /** Gives it back; not to be used after. */
  free(): void
}

let loading: Promise<Libc> | undefined

/** The C library of this process, loaded at first use. Rejects with ERR_UNSUPPORTED where that cannot be. */
export function loadLibc(): Promise<Libc> {
  loading ??= load()
  return loading
}

async function load(): Promise<Libc> {
  if (process.platform !== 'linux') {
    throw new TransportError(`netlink is a Linux interface, this is ${process.platform}`, { code: 'ERR_UNSUPPORTED' })
  }
  let koffi: typeof import('koffi').default
  try {
    koffi = (await import('koffi')).default
  } catch (cause) {
    throw new TransportError(
      `koffi, which makes the system calls Node lacks, cannot be loaded on ${process.platform}-${process.arch}`,
      { code: 'ERR_UNSUPPORTED', cause },
    )
  }
  // Buffers and built-in types only: a named type may be defined once per process, and this module may be loaded twice.
  const self = koffi.load(null)
  const sendto = self.func('int64_t sendto(int, void *, size_t, int, void *, uint32_t)')
  const recvfrom = self.func('int64_t recvfrom(int, void *, size_t, int, void *, void *)')
  const recvmmsg = self.func('int recvmmsg(int, void *, unsigned int, int, void *)')
  const getsockopt = self.func('int getsockopt(int, int, int, void *, void *)')
  const setsockopt = self.func('int setsockopt(int, int, int, void *, uint32_t)')
  const malloc = self.func('uintptr_t malloc(size_t)')
  const memcpy = self.func('uintptr_t memcpy(void *, uintptr_t, size_t)')
  const free = self.func('void free(uintptr_t)')
  const poll = self.func('int poll(void *, unsigned long, int)')
  const write = self.func('int64_t write(int, void *, size_t)')
  const one = Buffer.alloc(8)
  one.writeBigUInt64LE(1n)
  // koffi keeps the errno of the other thread for the callback.
  const inBackground = (call: typeof getsockopt, ...args: unknown[]) =>
    new Promise<number>((resolve, reject) => {
      call.async(...args, (error: unknown, result: number) => (error ? reject(error) : resolve(result < 0 ? koffi.errno() : 0)))
    })
  return {
    socket: self.func('int socket(int, int, int)'),
    bind: self.func('int bind(int, void *, uint32_t)'),
    getsockname: self.func('int getsockname(int, void *, void *)'),
    setsockopt,
    getsockopt,
    setsockoptInBackground: (fd, level, option, value) => inBackground(setsockopt, fd, level, option, value, value.length),
    getsockoptInBackground: (fd, level, option, value) => {
      const size = Buffer.alloc(4)
      putU32(size, 0, value.length)
      return inBackground(getsockopt, fd, level, option, value, size)
    },
    flock: self.func('int flock(int, int)'),
    reserve(size) {
      const address = malloc(Math.max(1, size))
      if (Number(address) === 0) throw new TransportError(`${size} bytes of memory cannot be had`, { code: 'ERR_SYSTEM' })
      return {
        address: BigInt(address),
        copy() {
          const bytes = Buffer.alloc(size)
          memcpy(bytes, address, size)
          return bytes
        },
        free: () => free(address),
      }
    },
    sendto,
    recvfrom,
    close: self.func('int close(int)'),
    eventfd: self.func('int eventfd(unsigned int, int)'),
    setns: self.func('int setns(int, int)'),
    errno: () => koffi.errno(),
    wordSize: koffi.sizeof('void *'),
    addressOf: (bytes) => BigInt(memcpy(bytes, 0, 0)),
    recvManyInBackground: (fd, headers, count, flags) =>
      new Promise((resolve, reject) => {
        recvmmsg.async(fd, headers, count, flags, null, (error: unknown, received: number) =>
          error ? reject(error) : resolve(received < 0 ? -koffi.errno() : received),
        )
      }),
    sendInBackground: (fd, bytes, size, to) =>
      new Promise((resolve, reject) => {
        sendto.async(fd, bytes, size, 0, to, to.length, (error: unknown, sent: number) =>
          error ? reject(error) : resolve(sent),
        )
      }),
    pollInBackground: (fds, count, timeout) =>
      new Promise((resolve, reject) => {
        poll.async(fds, count, timeout, (error: unknown, ready: number) => (error ? reject(error) : resolve(ready)))
      }),
    signal: (fd) => void write(fd, one, 8),
  }
}
