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

/** The kernel had more to say than anybody read: of what comes behind this, datagrams are missing. */
export interface Overrun {
  readonly overrun: true
}

const OVERRUN: Overrun = Object.freeze({ overrun: true })
/** Bytes to take at once out of a socket that has run over, and what an error counts of them. */
const RESCUED = 16 * 1024 * 1024
const ERROR_SIZE = 64 * 1024

/**
 * What the kernel tells multicast groups: an iterable of datagrams (copies, yours to keep), with an `Overrun` before some
 * are missing. It ends when it is closed or aborted; leaving the loop closes it. Unread it keeps no process alive.
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
          // Taken first: whoever asks the kernel because of the overrun learns of all that was lost until then.
          const held = this.#empty()
          yield arrived
          for (const datagram of held) {
            if (transport.closed) return
            yield datagram
          }
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

  /** Takes all that a socket holds that has run over: it hears nothing before. One that cannot be emptied is made anew. */
  #empty(): Uint8Array[] {
    const held: Uint8Array[] = []
    for (let size = 0; size < RESCUED; ) {
      const arrived = this.#receive()
      if (arrived === undefined) return held
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

/** A socket on libuv's loop, for which no thread waits; where it cannot be, in a worker for one, the direct one. */
async function openListener(transport: TransportKind, options: SocketOptions): Promise<Transport> {
  if (transport !== 'auto' || options.netns !== undefined) return openTransport(transport, options)
  try {
    return await openTransport('loop', options)
  } catch (error) {
    if (!TransportError.is(error) || error.code !== 'ERR_UNSUPPORTED' || error.errno !== undefined) throw error
    return openTransport('direct', options)
  }
}
