import type { Acknowledgement } from './acknowledge.js'
import { closedError, DumpInterruptedError, TransportError } from './error.js'
import { type Ending, Exchange, type Listener } from './exchange.js'
import { type CallOptions, demandCallOptions, Inbox } from './inbox.js'
import type { Message } from './message.js'
import { breathe, busy, busyAfterOne, pauseAfter } from './pace.js'
import { openTransport } from './socket/open.js'
import { demandTimeout } from './timeout.js'
import type { SocketOptions, Transport, TransportKind } from './transport.js'
import { Writer } from './wire/cursor.js'

/** Which socket a connection has, and how long its requests may take. */
export interface ConnectionOptions extends SocketOptions {
  /** `auto` when left out. A Transport of your own (a recorder, a replayer) is used as it is. */
  readonly transport?: TransportKind | Transport | undefined
  /** Default of `CallOptions.timeout`, in milliseconds. */
  readonly timeout?: number | undefined
}

/** What a connection has left out, for diagnostics. */
export interface ConnectionCounters {
  /** Answers to nobody: to requests that had timed out or were aborted. */
  readonly stale: number
  /** Datagrams from another sender than the kernel. */
  readonly foreign: number
  /** Datagrams larger than the receive buffer. */
  readonly truncated: number
}

/** Writes one message with this sequence number. */
export type Build = (writer: Writer, sequence: number) => void

const ATTEMPTS = 5
const DEFAULT_TIMEOUT = 30_000
/** Bytes from which on a batch leaves from another thread. */
const BACKGROUND = 256 * 1024

/** A netlink socket with requests in flight: pairs answers with requests by sequence number, keeps deadlines. */
export class Connection {
  readonly #transport: Transport
  readonly #inbox: Inbox
  readonly #timeout: number
  #writer = new Writer(4096)
  #sequence = Math.floor(Math.random() * 0x7fff_ffff)

  constructor(transport: Transport, options: { timeout?: number | undefined } = {}) {
    this.#transport = transport
    this.#timeout = options.timeout ?? DEFAULT_TIMEOUT
    this.#inbox = new Inbox(transport, this.#timeout)
  }

  /** Opens a socket and a connection on it. Rejects with a TransportError, or an InputError for options that make no sense. */
  static async open(options: ConnectionOptions = {}): Promise<Connection> {
    const { transport } = options
    demandTimeout(options.timeout)
    const opened = typeof transport === 'object' ? transport : await openTransport(transport, options)
    return new Connection(opened, options)
  }

  /** A second connection like this one, for a list while another is being read. Throws a TransportError where there can be one only. */
  another(): Connection {
    const transport = this.#transport.another?.()
    if (transport) return new Connection(transport, { timeout: this.#timeout })
    throw new TransportError('a list is still being read on this transport, and there can be only one of its kind', { code: 'ERR_UNSUPPORTED' })
  }

  get closed(): boolean {
    return this.#transport.closed
  }

  /** What it has left out of what arrived, by the reason. */
  get counters(): ConnectionCounters {
    return { stale: this.#inbox.stale, ...this.#transport.counters }
  }

  /** Whether a dump is being read: the kernel refuses a second one on the same socket. */
  get dumping(): boolean {
    return this.#inbox.dumping
  }

  /** Reserves `count` sequence numbers in a row and gives the first. */
  sequence(count = 1): number {
    const first = (this.#sequence + 1) >>> 0
    this.#sequence = (this.#sequence + count) >>> 0
    return first
  }

  /** Sends one message, built by `build`, and resolves when the kernel has answered it. */
  request(label: string, ending: Ending, build: Build, listener: Listener, options?: CallOptions): Promise<void> {
    const exchange = new Exchange(this.sequence(), 1, label, ending, listener)
    const send = () => {
      const writer = this.#writer
      writer.at = 0
      build(writer, exchange.first)
      return writer.written()
    }
    return this.#run(exchange, send, options ?? {}, false)
  }

  /**
   * Sends a datagram of `count` messages, numbered from `first`, and resolves when each has been acknowledged. `background` sends it
   * from another thread: the bytes must not change before this resolves.
   */
  exchange(label: string, datagram: Uint8Array, first: number, count: number, listener: Listener, options: CallOptions & { background?: boolean } = {}): Promise<void> {
    const exchange = new Exchange(first, count, label, 'ack', listener)
    return this.#run(exchange, () => datagram, options, options.background ?? false)
  }

  /**
   * Sends a datagram of `count` messages, numbered from `first`, that the kernel takes as one (NFNL_MSG_BATCH_BEGIN), and a question
   * behind it, numbered next: the kernel says nothing of what went well, and what it has against the batch it says before it answers.
   * Large ones leave from another thread: the bytes must not change before this resolves. Rejects with ERR_OVERRUN, before anything is
   * sent, where the datagram cannot fit the socket's buffer.
   */
  async batch(label: string, datagram: Uint8Array, first: number, count: number, question: Build, listener: Listener, options: CallOptions = {}): Promise<void> {
    this.#demandReady(label, options)
    if (this.#transport.makeRoom?.(datagram.length) === false) {
      const advice = 'run with CAP_NET_ADMIN, raise net.core.wmem_max, or change less at once'
      throw new TransportError(`${label}: ${datagram.length} bytes do not fit the socket's send buffer, nothing was sent; ${advice}`, { code: 'ERR_OVERRUN' })
    }
    const ask = () => {
      const writer = new Writer(64)
      question(writer, (first + count) >>> 0)
      return writer.written()
    }
    await this.#run(new Exchange(first, count + 1, label, 'batch', listener), () => datagram, options, datagram.length > BACKGROUND, ask)
  }

  async #run(exchange: Exchange, datagram: () => Uint8Array, options: CallOptions, background: boolean, question?: () => Uint8Array): Promise<void> {
    if (busy()) await breathe()
    this.#demandReady(exchange.label, options)
    this.#inbox.add(exchange)
    try {
      const sent = this.#transport.send(datagram(), background)
      if (sent) {
        // It may still be read from there.
        this.#writer = new Writer(4096)
        await sent
      }
      const asked = question && this.#transport.send(question())
      if (asked) await asked
      for (let turn = 0; !exchange.settled; turn++) {
        if (turn > 0) await breathe()
        this.#demandReady(exchange.label, options)
        await this.#inbox.until(exchange, options, busyAfterOne())
      }
      if (exchange.error !== undefined && !exchange.interrupted) throw exchange.error
    } finally {
      this.#inbox.remove(exchange)
    }
  }

  /**
   * Asks for a list and yields what `read` makes of each of its messages, as they arrive. Leaving the loop early ends the dump. One that
   * was interrupted or cut begins anew while nothing was yielded; later that is a DumpInterruptedError. `refused` makes an errno an error.
   */
  async *stream<T>(label: string, build: Build, read: (message: Message) => T, refused: (ack: Acknowledgement) => Error, options: CallOptions = {}): AsyncGenerator<T, void, undefined> {
    let yielded = false
    for (let attempt = 1; ; attempt++) {
      const queue: T[] = []
      const exchange: Exchange = new Exchange(this.sequence(), 1, label, 'dump', {
        message(message) {
          queue.push(read(message))
          exchange.wake?.()
        },
        acknowledged(ack) {
          if (ack.errno !== 0) exchange.fail(refused(ack))
        },
      })
      this.#demandReady(label, options)
      this.#inbox.add(exchange)
      try {
        const writer = new Writer(256)
        build(writer, exchange.first)
        // The kernel counts a large set before it answers: 25 ms for a million entries, too long for this thread.
        const sent = this.#transport.send(writer.written(), true)
        if (sent) await sent
        do {
          this.#demandReady(label, options)
          await this.#inbox.until(exchange, options, () => queue.length > 0)
          if (exchange.interrupted && !yielded) break
          for (const item of queue.splice(0)) {
            yielded = true
            yield item
            this.#demandReady(label, options)
          }
          if (busy()) await breathe()
        } while (!exchange.settled || queue.length > 0)
        if (!exchange.interrupted) {
          if (exchange.error !== undefined) throw exchange.error
          return
        }
        if (yielded || attempt >= ATTEMPTS) throw new DumpInterruptedError(attempt, queue)
      } finally {
        this.#inbox.remove(exchange)
      }
      await pauseAfter(attempt)
    }
  }

  /** The whole of a list. It is read anew while it changes under the reader, five times at most. */
  async dump<T>(label: string, build: Build, read: (message: Message) => T, refused: (ack: Acknowledgement) => Error, options: CallOptions = {}): Promise<T[]> {
    for (let attempt = 1; ; attempt++) {
      const items: T[] = []
      if (await this.collect(label, build, (message) => items.push(read(message)), refused, options)) return items
      if (attempt >= ATTEMPTS) throw new DumpInterruptedError(attempt, items)
      await pauseAfter(attempt)
    }
  }

  /**
   * Asks for a list and hands each of its messages to `read`, whose bytes are gone when it returns. False: the list changed
   * meanwhile, so that what was read is not to be trusted. Large lists leave the event loop its turns.
   */
  async collect(label: string, build: Build, read: (message: Message) => void, refused: (ack: Acknowledgement) => Error, options: CallOptions = {}): Promise<boolean> {
    const exchange = new Exchange(this.sequence(), 1, label, 'dump', {
      message: read,
      acknowledged(ack) {
        if (ack.errno !== 0) exchange.fail(refused(ack))
      },
    })
    const writer = new Writer(256)
    build(writer, exchange.first)
    await this.#run(exchange, () => writer.written(), options, false)
    return !exchange.interrupted
  }

  /** Closes the socket. All that is under way rejects with ERR_CLOSED; a second call does nothing. */
  close(): void {
    if (this.#transport.closed) return
    this.#transport.close()
    this.#inbox.failAll(closedError())
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  #demandReady(label: string, options: CallOptions): void {
    if (this.#transport.closed) throw closedError()
    demandCallOptions(label, options)
  }
}
