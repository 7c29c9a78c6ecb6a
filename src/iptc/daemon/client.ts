import type { Socket } from 'node:net'
import { DAEMON_VERSION, FrameSocket, InputError, NetfilterError, ProtocolError, tellFailure, TransportError } from '../../netlink/index.js'
import type { Limits } from './limits.js'
import type { Log } from './log.js'
import { type Peer, peerOf } from './peer.js'
import type { Service } from './service.js'

/** Bytes of a greeting. */
const GREETING = 4096

/** What a daemon lends each of its connections. */
export interface ClientOptions {
  readonly limits: Limits
  readonly log: Log
  /** Lets a user in, or throws what is against it. */
  admit(peer: Peer): void
  /** Begins a service. Throws an InputError where there is none of that name. */
  serve(service: string, socket: FrameSocket, peer: Peer, gone: AbortSignal): Promise<{ readonly service: Service; readonly greeting: object }>
  /** Is told when the connection is over; `peer`: who was let in. */
  left(peer: Peer | undefined): void
}

/** A program that has connected to the daemon. */
export class Client {
  readonly #socket: FrameSocket
  readonly #options: ClientOptions
  readonly #peer: Promise<Peer>
  readonly #gone = new AbortController()
  /** Who it is, once that was let in. */
  #admitted: Peer | undefined
  #service: Service | undefined
  #closed = false

  constructor(socket: Socket, options: ClientOptions) {
    const { limits } = options
    this.#options = options
    this.#socket = new FrameSocket(socket, { limit: GREETING, arrival: limits.arrival, waiting: limits.waiting })
    this.#peer = this.#identify(socket)
    this.#peer.catch((error: Error) => this.#gone.signal.aborted || this.#refuse(error))
    const silent = setTimeout(() => this.#socket.destroy(new TransportError(`nothing was said within ${limits.greeting} ms`, { code: 'ERR_TIMEOUT' })), limits.greeting).unref()
    this.#socket.onFrame = async (frame) => {
      clearTimeout(silent)
      await this.#greet(frame)
    }
    this.#socket.onEnd = (reason) => {
      clearTimeout(silent)
      this.#end(reason)
    }
  }

  /** Finishes what is under way, and closes the connection. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#service?.close()
    this.#socket.close()
  }

  /** Says why it is not served, and closes the connection. */
  refuse(reason: Error): void {
    this.#refuse(reason)
  }

  /** Closes the connection at once. */
  destroy(reason?: Error): void {
    this.#socket.destroy(reason)
  }

  /** Who it is, and whether there is room for one more of that user's. */
  async #identify(socket: Socket): Promise<Peer> {
    const peer = await peerOf(socket)
    if (this.#gone.signal.aborted) return peer
    this.#options.admit(peer)
    this.#admitted = peer
    return peer
  }

  async #greet(frame: Buffer): Promise<void> {
    const peer = await this.#peer.catch(() => undefined)
    // It has been told already.
    if (!peer) return
    try {
      const name = readGreeting(frame)
      const { service, greeting } = await this.#options.serve(name, this.#socket, peer, this.#gone.signal)
      this.#service = service
      if (this.#closed || this.#gone.signal.aborted) return void service.close()
      void this.#socket.send(Buffer.from(JSON.stringify({ version: DAEMON_VERSION, service: name, ...greeting })))
    } catch (error) {
      this.#refuse(error as Error)
    }
  }

  #refuse(error: Error): void {
    this.#socket.onFrame = () => {}
    const told = NetfilterError.is(error) ? error : new NetfilterError('the daemon failed at this connection', { code: 'ERR_INTERNAL', cause: error })
    void this.#socket.send(Buffer.from(JSON.stringify({ version: DAEMON_VERSION, error: tellFailure(told) })))
    void this.#tell('refused', error)
    this.#socket.close()
  }

  #end(reason: Error | undefined): void {
    this.#gone.abort()
    if (reason && !(TransportError.is(reason) && reason.code === 'ERR_CLOSED')) void this.#tell('cut', reason)
    void this.#service?.close()
    this.#options.left(this.#admitted)
  }

  async #tell(event: string, error: Error): Promise<void> {
    const peer = this.#admitted ?? (await this.#peer.catch(() => undefined))
    const who = peer ? { pid: peer.pid, uid: peer.uid, gid: peer.gid } : {}
    this.#options.log({ level: 'warn', event, ...who, error: error.message })
  }
}

/** The service that a greeting asks for. */
function readGreeting(frame: Buffer): string {
  let greeting: unknown
  try {
    greeting = JSON.parse(frame.toString())
  } catch (cause) {
    throw new ProtocolError('a connection begins with a greeting in JSON', { cause })
  }
  if (typeof greeting !== 'object' || greeting === null || Array.isArray(greeting)) throw new ProtocolError('a greeting is an object')
  const { version, service, ...rest } = greeting as Record<string, unknown>
  const [more] = Object.keys(rest)
  if (more !== undefined) throw new InputError('is no part of a greeting', { path: more })
  if (version !== DAEMON_VERSION) throw new InputError(`this daemon speaks version ${DAEMON_VERSION}: use the same release of nfkit on both sides`, { path: 'version' })
  if (typeof service !== 'string') throw new InputError('a greeting names a service', { path: 'service' })
  return service
}
