import { isMainThread } from 'node:worker_threads'
import type { RawNetlinkSocket } from 'netlink'
import { TransportError } from '../error.js'
import { NETLINK_NETFILTER } from '../header.js'
import { type SocketOptions, type Transport, TruncatedDatagram } from '../transport.js'

const SOCKET_BUFFER = 1024 * 1024

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
  #queue: (Uint8Array | TruncatedDatagram)[] = []
  readonly #sends = new Set<() => void>()
  #failure: Error | undefined
  #wake: (() => void) | undefined

  private constructor(make: () => RawNetlinkSocket) {
    this.#make = make
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
    return new LoopSocket(() => {
      try {
        return new RawNetlinkSocket(options.protocol ?? NETLINK_NETFILTER, {
          sendBufferSize: options.sendBuffer ?? SOCKET_BUFFER,
          recvBufferSize: options.receiveBuffer ?? SOCKET_BUFFER,
        })
      } catch (cause) {
        throw TransportError.system('socket', Math.abs((cause as { errno?: number }).errno ?? 0))
      }
    })
  }

  #open(): RawNetlinkSocket {
    const socket = this.#make()
    socket.unref()
    // An exception thrown in one of these handlers aborts the process: they only put things aside.
    const take = (datagram: Uint8Array, info: { port: number; truncated?: number }) => {
      if (socket !== this.#socket) return
      if (info.port !== 0) this.counters.foreign++
      else if (info.truncated === undefined) this.#queue.push(datagram)
      else {
        this.counters.truncated++
        this.#queue.push(new TruncatedDatagram(info.truncated, datagram))
      }
      this.interrupt()
    }
    socket.on('message', take)
    socket.on('truncatedMessage', take)
    socket.on('error', (error) => {
      this.#failure ??= TransportError.system('recvfrom', Math.abs(error.errno))
      this.interrupt()
    })
    this.port = socket.address().port >>> 0
    return socket
  }

  another(): LoopSocket {
    this.#demandOpen()
    return new LoopSocket(this.#make)
  }

  send(datagram: Uint8Array): Promise<void> {
    this.#demandOpen()
    return new Promise((resolve, reject) => {
      // A socket that is closed forgets its sends, and never calls back.
      const drop = () => reject(closedError())
      this.#sends.add(drop)
      this.#keepAlive()
      this.#socket.send(Buffer.from(datagram), {}, (error) => {
        this.#sends.delete(drop)
        this.#keepAlive()
        if (error) reject(TransportError.system('sendmsg', Math.abs(error.errno)))
        else resolve()
      })
    })
  }

  receive(): Uint8Array | TruncatedDatagram | undefined {
    if (this.#failure && this.#queue.length === 0) {
      const failure = this.#failure
      this.#failure = undefined
      throw failure
    }
    return this.#queue.shift()
  }

  wait(): Promise<void> {
    this.#demandOpen()
    if (this.#queue.length > 0 || this.#failure) return Promise.resolve()
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
    this.#queue = []
    socket.close()
    for (const drop of this.#sends) drop()
    this.#sends.clear()
    this.interrupt()
  }

  #demandOpen(): void {
    if (this.closed) throw closedError()
  }
}

function closedError(): TransportError {
  return new TransportError('the socket is closed', { code: 'ERR_CLOSED' })
}
