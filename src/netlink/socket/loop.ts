import { isMainThread } from 'node:worker_threads'
import type { RawNetlinkSocket } from 'netlink'
import { closedError, TransportError } from '../error.js'
import { NETLINK_NETFILTER } from '../header.js'
import { type Libc, loadLibc } from '../libc.js'
import { type SocketOptions, type Transport, TruncatedDatagram } from '../transport.js'
import { Backlog } from './backlog.js'
import { Borrowed } from './borrowed.js'
import { SOCKET_BUFFER } from './buffer.js'

const ENOBUFS = 105 // include/uapi/asm-generic/errno.h

/** Sockets to close when the process ends: what arrives while Node takes itself apart would abort it otherwise. */
const open = new Set<LoopSocket>()

function closeAll(): void {
  for (const socket of open) socket.close()
}

/**
 * A netlink socket on libuv's loop, through the npm package `netlink`: no thread waits for it. For subscriptions, and
 * for everything where koffi cannot be loaded. It has no extended acknowledgements and cannot enter a namespace.
 */
export class LoopSocket implements Transport {
  readonly counters = { foreign: 0, truncated: 0 }
  closed = false
  port = 0
  readonly #make: () => RawNetlinkSocket
  readonly #libc: Libc | undefined
  readonly #options: SocketOptions
  #socket: RawNetlinkSocket
  /** Its options, and how many datagrams it had lost when that was asked last. */
  #borrowed: Borrowed | undefined
  #lost = 0
  readonly #backlog: Backlog
  #waking = false
  readonly #sends = new Set<() => void>()
  #wake: (() => void) | undefined

  private constructor(make: () => RawNetlinkSocket, libc: Libc | undefined, options: SocketOptions) {
    this.#make = make
    this.#libc = libc
    this.#options = options
    // What was asked for is not to be lost; what comes unasked may be more than anybody reads.
    this.#backlog = new Backlog(options.groups ? (options.receiveBuffer ?? SOCKET_BUFFER) : Number.POSITIVE_INFINITY)
    this.#socket = this.#open()
    if (open.size === 0) process.once('exit', closeAll)
    open.add(this)
  }

  /** Opens a socket. Rejects with ERR_UNSUPPORTED where it cannot: in a worker, or for another namespace. */
  static async open(options: SocketOptions = {}): Promise<LoopSocket> {
    if (!isMainThread) {
      throw new TransportError(
        "the package 'netlink' crashes a process whose worker ends with an open socket: use the direct transport there",
        { code: 'ERR_UNSUPPORTED' },
      )
    }
    if (options.netns !== undefined) {
      throw new TransportError('entering a network namespace needs koffi, which the loop transport does without', {
        code: 'ERR_UNSUPPORTED',
      })
    }
    const { RawNetlinkSocket } = await import('netlink').catch((cause: unknown) => {
      throw new TransportError("the package 'netlink' cannot be loaded here", { code: 'ERR_UNSUPPORTED', cause })
    })
    // A socket that runs over is one with an error of its own, and on such a one the package aborts the process.
    const libc = await loadLibc().catch(() => undefined)
    if (options.groups && !libc) throw new TransportError('subscriptions need koffi on the loop, too: what runs over would abort the process', { code: 'ERR_UNSUPPORTED' })
    const { protocol = NETLINK_NETFILTER, sendBuffer = SOCKET_BUFFER, receiveBuffer = SOCKET_BUFFER } = options
    const make = () => new RawNetlinkSocket(protocol, { sendBufferSize: sendBuffer, recvBufferSize: receiveBuffer })
    return new LoopSocket(make, libc, options)
  }

  #open(): RawNetlinkSocket {
    let socket: RawNetlinkSocket | undefined
    try {
      socket = this.#make()
      this.#prepare(socket)
    } catch (cause) {
      socket?.close()
      throw TransportError.is(cause) ? cause : TransportError.system(socket ? 'joining a group' : 'socket', Math.abs((cause as { errno?: number }).errno ?? 0))
    }
    this.#listen(socket)
    return socket
  }

  #prepare(socket: RawNetlinkSocket): void {
    const { groups = [], receiveBuffer = SOCKET_BUFFER } = this.#options
    this.port = socket.address().port >>> 0
    this.#lost = 0
    this.#borrowed = this.#libc && Borrowed.find(this.#libc, this.port)
    if (groups.length > 0 && !this.#borrowed) throw new TransportError('a subscription needs /proc/self/fd', { code: 'ERR_UNSUPPORTED' })
    this.#borrowed?.quiet()
    // The kernel doubles what it is asked for: it counts what it spends itself, too.
    if (socket.getRecvBufferSize() < 2 * receiveBuffer) this.#borrowed?.enlarge(receiveBuffer)
    for (const group of groups) socket.addMembership(group)
  }

  #listen(socket: RawNetlinkSocket): void {
    socket.unref()
    // An exception thrown in one of these handlers, or in what awaits them, aborts the process: they only put things aside.
    const take = (datagram: Uint8Array, info: { port: number; truncated?: number }) => {
      if (socket !== this.#socket) return
      if (info.port !== 0) this.counters.foreign++
      else if (info.truncated === undefined) this.#backlog.keep(datagram)
      else {
        this.counters.truncated++
        this.#backlog.keep(new TruncatedDatagram(info.truncated, datagram))
      }
      this.#checkLoss()
      this.#wakeSoon()
    }
    socket.on('message', take)
    socket.on('truncatedMessage', take)
    socket.on('error', (error) => {
      if (socket !== this.#socket) return
      this.#backlog.fail(TransportError.system('recvfrom', Math.abs(error.errno)))
      this.#wakeSoon()
    })
  }

  /** Wakes who waits, from a turn of the loop of its own. */
  #wakeSoon(): void {
    if (this.#waking) return
    this.#waking = true
    setImmediate(() => {
      this.#waking = false
      if (this.closed) return
      if (!this.#backlog.empty) this.interrupt()
    })
  }

  /**
   * Notes that the socket has run over. It was full then, and so this is seen with one of the datagrams that it held: what is
   * missing came behind that.
   */
  #checkLoss(): void {
    const lost = this.#borrowed?.lost() ?? 0
    if (lost !== this.#lost) this.#backlog.fail(TransportError.system('recvfrom', ENOBUFS))
    this.#lost = lost
  }

  another(): LoopSocket {
    this.#demandOpen()
    return new LoopSocket(this.#make, this.#libc, this.#options)
  }

  send(datagram: Uint8Array): Promise<void> {
    this.#demandOpen()
    return new Promise((resolve, reject) => {
      // A socket that is closed forgets its sends, and never calls back.
      const drop = () => {
        this.#sends.delete(drop)
        reject(closedError())
      }
      this.#sends.add(drop)
      this.#keepAlive()
      this.#socket.send(Buffer.from(datagram), {}, (error) => {
        setImmediate(() => {
          if (!this.#sends.delete(drop)) return
          this.#keepAlive()
          if (error) reject(TransportError.system('sendmsg', Math.abs(error.errno)))
          else resolve()
        })
      })
    })
  }

  receive(): Uint8Array | TruncatedDatagram | undefined {
    return this.#backlog.take()
  }

  wait(): Promise<void> {
    this.#demandOpen()
    if (!this.#backlog.empty) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wake = resolve
      this.#keepAlive()
    })
  }

  /** The process stays while something is under way, and only then. */
  #keepAlive(): void {
    if (this.closed) return
    if (this.#wake || this.#sends.size > 0) this.#socket.ref()
    else this.#socket.unref()
  }

  interrupt(): void {
    const wake = this.#wake
    this.#wake = undefined
    this.#keepAlive()
    wake?.()
  }

  reset(): void {
    this.#demandOpen()
    const old = this.#socket
    this.#socket = this.#open()
    this.#discard(old)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    open.delete(this)
    if (open.size === 0) process.off('exit', closeAll)
    this.#discard(this.#socket)
  }

  #discard(socket: RawNetlinkSocket): void {
    this.#backlog.clear()
    socket.close()
    for (const drop of this.#sends) drop()
    this.interrupt()
  }

  #demandOpen(): void {
    if (this.closed) throw closedError()
  }
}
