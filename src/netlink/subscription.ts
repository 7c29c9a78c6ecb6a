import { isMainThread } from 'node:worker_threads'
import { TransportError } from './error.js'
import { breathe, busy } from './pace.js'
import { openTransport } from './socket/open.js'
import { type SocketOptions, type Transport, type TransportKind, TruncatedDatagram } from './transport.js'

/** Which groups to hear, and how. */
export interface SubscriptionOptions extends SocketOptions {
  readonly groups: readonly number[]
  /** `auto` when left out: libuv's loop where that can be (no thread waits then), direct system calls in a worker or another namespace. */
  readonly transport?: TransportKind | undefined
  /** Aborting ends the subscription. */
  readonly signal?: AbortSignal | undefined
}

/** Stands where datagrams were lost: the kernel had more to say than anybody read. */
export interface Overrun {
  readonly overrun: true
}

const OVERRUN: Overrun = Object.freeze({ overrun: true })
/** Bytes to take at once out of a socket that has run over. */
const RESCUED = 64 * 1024 * 1024
/** What an error counts there: a socket has only so many. */
const ERROR_SIZE = 1024 * 1024

/**
 * What the kernel tells multicast groups: an iterable of datagrams (copies, yours to keep), with an `Overrun` where some
 * were lost. It ends when it is closed or aborted; leaving the loop closes it. Unread it keeps no process alive.
 */
export class Subscription implements AsyncIterableIterator<Uint8Array | Overrun, undefined, undefined> {
  readonly #transport: Transport
  readonly #signal: AbortSignal | undefined
  readonly #items = this.#read()

  /** Reads from a transport that has joined its groups, and closes it at the end. */
  constructor(transport: Transport, { signal }: { readonly signal?: AbortSignal | undefined } = {}) {
    this.#transport = transport
    this.#signal = signal
    if (signal?.aborted) transport.close()
    else signal?.addEventListener('abort', this.#abort)
  }

  /** Opens a socket and joins the groups. Rejects with a TransportError that says what is missing. */
  static async open({ transport = 'auto', signal, ...options }: SubscriptionOptions): Promise<Subscription> {
    return new Subscription(await openListener(transport, options), { signal })
  }

  get closed(): boolean {
    return this.#transport.closed
  }

  next(): Promise<IteratorResult<Uint8Array | Overrun, undefined>> {
    return this.#items.next()
  }

  return(): Promise<IteratorResult<Uint8Array | Overrun, undefined>> {
    this.close()
    return this.#items.return(undefined)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Ends it: whoever waits for a datagram waits no longer. A second call does nothing. */
  close(): void {
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#transport.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  readonly #abort = () => this.close()

  async *#read(): AsyncGenerator<Uint8Array | Overrun, undefined, undefined> {
    const transport = this.#transport
    try {
      while (!transport.closed) {
        const arrived = this.#receive()
        if (arrived === undefined) {
          await transport.wait()
        } else if ('overrun' in arrived) {
          const held = this.#renew()
          for (const datagram of held) {
            yield datagram
            if (transport.closed) return
          }
          yield arrived
        } else {
          yield arrived
        }
        if (busy()) await breathe()
      }
    } finally {
      this.close()
    }
  }

  #receive(): Uint8Array | Overrun | undefined {
    try {
      const arrived = this.#transport.receive()
      if (arrived === undefined) return undefined
      return arrived instanceof TruncatedDatagram ? OVERRUN : new Uint8Array(arrived)
    } catch (error) {
      if (TransportError.is(error) && error.code === 'ERR_OVERRUN') return OVERRUN
      throw error
    }
  }

  /**
   * Goes on with a fresh socket, and gives what the old one still held, which came before the loss. A socket that has run
   * over hears nothing until it has been emptied, and nobody can tell when that is.
   */
  #renew(): Uint8Array[] {
    const held: Uint8Array[] = []
    for (let size = 0; size < RESCUED; ) {
      const arrived = this.#receive()
      if (arrived === undefined) break
      if ('overrun' in arrived) {
        size += ERROR_SIZE
        continue
      }
      size += arrived.length
      held.push(arrived)
    }
    this.#transport.reset()
    return held
  }
}

async function openListener(transport: TransportKind, options: SocketOptions): Promise<Transport> {
  if (transport !== 'auto' || !isMainThread || options.netns !== undefined) return openTransport(transport, options)
  try {
    return await openTransport('loop', options)
  } catch (error) {
    if (!TransportError.is(error) || error.code !== 'ERR_UNSUPPORTED' || error.errno !== undefined) throw error
    return openTransport('direct', options)
  }
}
