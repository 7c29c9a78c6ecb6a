import { isMainThread } from 'node:worker_threads'
import type { RawNetlinkSocket } from 'netlink'
import { TransportError } from '../error.js'
import { NETLINK_NETFILTER } from '../header.js'
import { loadLibc } from '../libc.js'
import { type SocketOptions, type Transport, TruncatedDatagram } from '../transport.js'
import { Backlog } from './backlog.js'
import { forceReceiveBuffer } from './force.js'

const SOCKET_BUFFER = 1024 * 1024
// include/uapi/asm-generic/errno-base.h, errno.h
const EBADF = 9
const ENOBUFS = 105

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
  #socket: RawNetlinkSocket
  readonly #limit: number
  readonly #backlog: Backlog
  /** Whether the package has closed the socket by itself. */
  #gone = false
  readonly #sends = new Set<() => void>()
  #wake: (() => void) | undefined

  private constructor(make: () => RawNetlinkSocket, limit: number) {
    this.#make = make
    this.#limit = limit
    this.#backlog = new Backlog(limit)
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
    const { protocol = NETLINK_NETFILTER, sendBuffer = SOCKET_BUFFER, receiveBuffer = SOCKET_BUFFER, groups = [] } = options
    const libc = options.receiveBuffer === undefined ? undefined : await loadLibc().catch(() => undefined)
    const make = () => {
      let socket: RawNetlinkSocket | undefined
      try {
        socket = new RawNetlinkSocket(protocol, { sendBufferSize: sendBuffer, recvBufferSize: receiveBuffer })
        // The kernel counts its own expenses, too: it doubles what it is asked for.
        if (libc && socket.getRecvBufferSize() < 2 * receiveBuffer) forceReceiveBuffer(libc, socket.address().port >>> 0, receiveBuffer)
        for (const group of groups) socket.addMembership(group)
        return socket
      } catch (cause) {
        socket?.close()
        const { errno = 0 } = cause as { errno?: number }
        throw TransportError.system(socket ? 'joining a group' : 'socket', Math.abs(errno))
      }
    }
    // What was asked for is not to be lost; what comes unasked may be more than anybody reads.
    return new LoopSocket(make, groups.length > 0 ? receiveBuffer : Number.POSITIVE_INFINITY)
  }

  #open(): RawNetlinkSocket {
    const socket = this.#make()
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
      this.#wakeSoon()
    }
    socket.on('message', take)
    socket.on('truncatedMessage', take)
    socket.on('error', (error) => {
      if (socket !== this.#socket) return
      const errno = Math.abs(error.errno)
      // What libuv calls EBADF is a socket with an error of its own, and the only one of netlink's is that it has run over.
      // The package closes it behind this handler.
      this.#gone ||= errno === EBADF
      this.#backlog.fail(TransportError.system('recvfrom', errno === EBADF ? ENOBUFS : errno))
      this.#wakeSoon()
    })
    this.#gone = false
    this.port = socket.address().port >>> 0
    return socket
  }

  #wakeSoon(): void {
    setImmediate(() => {
      if (this.#gone) for (const drop of this.#sends) drop()
      if (!this.#backlog.empty) this.interrupt()
    })
  }

  another(): LoopSocket {
    this.#demandOpen()
    return new LoopSocket(this.#make, this.#limit)
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
    if (this.closed || this.#gone) return
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
    if (this.#gone) this.#socket = this.#open()
  }
}

function closedError(): TransportError {
  return new TransportError('the socket is closed', { code: 'ERR_CLOSED' })
}
