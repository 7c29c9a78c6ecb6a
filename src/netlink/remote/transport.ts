import { closedError, TransportError } from '../error.js'
import type { Transport } from '../transport.js'
import { connectDaemon, type ServiceName } from './connect.js'
import type { FrameSocket } from './frame.js'

/** Bytes of answers that wait to be received, from which on the daemon has to wait, too. */
const AHEAD = 8 * 1024 * 1024

/**
 * A transport whose other end is a daemon that hands each datagram on to the kernel, if its policy allows that. It connects when
 * it first sends, and again when it sends after the connection has ended: what was under way then fails with ERR_CLOSED, since
 * nobody knows how far it came.
 */
export class RemoteTransport implements Transport {
  readonly counters = { foreign: 0, truncated: 0 }
  readonly port = 0
  closed = false
  readonly #path: string
  readonly #service: ServiceName
  readonly #timeout: number | undefined
  readonly #incoming: Uint8Array[] = []
  #connection: Promise<FrameSocket> | undefined
  /** The connection once it is there. */
  #socket: FrameSocket | undefined
  /** Counts connections: what an earlier one still says is for nobody. */
  #generation = 0
  #failure: Error | undefined
  #wake: (() => void) | undefined
  /** Bytes of `#incoming`, and who waits until that is less. */
  #held = 0
  #room: (() => void) | undefined

  constructor(path: string, service: ServiceName, timeout?: number) {
    this.#path = path
    this.#service = service
    this.#timeout = timeout
  }

  /** Connects at once, so that it is known whether there is a daemon. Rejects with a TransportError that says what to do. */
  async connect(): Promise<void> {
    await this.#connected()
  }

  another(): RemoteTransport {
    this.#demandOpen()
    return new RemoteTransport(this.#path, this.#service, this.#timeout)
  }

  send(datagram: Uint8Array): void | Promise<void> {
    this.#demandOpen()
    // The socket may keep it for a while, and the one who sends writes the next one into the same memory.
    const copy = Uint8Array.from(datagram)
    if (this.#socket) return this.#socket.send(copy)
    return this.#sendLater(copy)
  }

  async #sendLater(datagram: Uint8Array): Promise<void> {
    const socket = await this.#connected()
    this.#demandOpen()
    await socket.send(datagram)
  }

  receive(): Uint8Array | undefined {
    const next = this.#incoming.shift()
    this.#held -= next?.length ?? 0
    if (this.#held < AHEAD) this.#makeRoom()
    if (next !== undefined || this.#failure === undefined) return next
    const failure = this.#failure
    this.#failure = undefined
    throw failure
  }

  wait(): Promise<void> {
    this.#demandOpen()
    if (this.#incoming.length > 0 || this.#failure !== undefined) return Promise.resolve()
    this.#socket?.ref()
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  interrupt(): void {
    const wake = this.#wake
    this.#wake = undefined
    if (!wake) return
    this.#socket?.unref()
    wake()
  }

  reset(): void {
    this.#demandOpen()
    this.#forget()
    this.interrupt()
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.#forget()
    this.interrupt()
  }

  #connected(): Promise<FrameSocket> {
    this.#connection ??= this.#open(++this.#generation)
    return this.#connection
  }

  async #open(generation: number): Promise<FrameSocket> {
    const current = () => generation === this.#generation && !this.closed
    try {
      const { socket } = await connectDaemon(this.#path, this.#service, { timeout: this.#timeout })
      if (!current()) {
        socket.destroy()
        throw new TransportError('the connection to the daemon was closed', { code: 'ERR_CLOSED' })
      }
      socket.onFrame = (datagram) => {
        if (!current()) return
        this.#incoming.push(datagram)
        this.#held += datagram.length
        this.interrupt()
        if (this.#held < AHEAD) return
        return new Promise<void>((resolve) => {
          this.#room = resolve
        })
      }
      socket.onEnd = (cause) => {
        if (!current()) return
        this.#forget()
        this.#failure = new TransportError(`the daemon at ${this.#path} ended the connection; whether what was under way has been done is not known`, { code: 'ERR_CLOSED', cause })
        this.interrupt()
      }
      if (this.#wake === undefined) socket.unref()
      this.#failure = undefined
      this.#socket = socket
      return socket
    } catch (error) {
      if (generation === this.#generation) this.#connection = undefined
      throw error
    }
  }

  /** Leaves the connection; the next one to send opens another. */
  #forget(): void {
    this.#generation++
    this.#connection = undefined
    this.#incoming.length = 0
    this.#held = 0
    this.#makeRoom()
    this.#failure = undefined
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #makeRoom(): void {
    this.#room?.()
    this.#room = undefined
  }

  #demandOpen(): void {
    if (this.closed) throw closedError()
  }
}
