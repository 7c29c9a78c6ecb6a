import { readAcknowledgement, readDone } from './acknowledge.js'
import { InputError, TransportError } from './error.js'
import type { Exchange } from './exchange.js'
import { NLM_F, NLMSG } from './header.js'
import { type Message, messages } from './message.js'
import { demandTimeout, forTimer } from './timeout.js'
import { type Transport, TruncatedDatagram } from './transport.js'
import { shown } from './wire/shown.js'

/** How long a call may take, and what may end it early. */
export interface CallOptions {
  /** Aborting rejects the call with ERR_ABORTED. What the kernel has already been sent stays done. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds to wait for the kernel, for a list between two of its datagrams; Infinity is possible. Default 30,000. */
  readonly timeout?: number | undefined
}

/** Refuses to go on with a call that was aborted, or whose options make no sense. */
export function demandCallOptions(label: string, { signal, timeout }: CallOptions): void {
  demandTimeout(timeout)
  if (!signal) return
  if (typeof signal.addEventListener !== 'function') {
    throw new InputError(`${shown(signal)} is no AbortSignal: give the signal of an AbortController`, { path: 'options.signal' })
  }
  if (signal.aborted) throw aborted(label, signal)
}

/** Reads a transport and hands each answer to the exchange it belongs to. */
export class Inbox {
  /** Answers to nobody: to requests that had timed out or were aborted. */
  stale = 0
  readonly #transport: Transport
  readonly #timeout: number
  readonly #active: Exchange[] = []
  #listening = false

  constructor(transport: Transport, timeout: number) {
    demandTimeout(timeout)
    this.#transport = transport
    this.#timeout = timeout
  }

  /** Whether a dump is being read: the kernel refuses a second one on the same socket. */
  get dumping(): boolean {
    return this.#active.some((exchange) => exchange.ending === 'dump')
  }

  add(exchange: Exchange): void {
    this.#active.push(exchange)
  }

  /** Takes out an exchange. A dump that is not over goes with its socket, or is read past when others use that. */
  remove(exchange: Exchange): void {
    if (exchange.ending === 'dump' && exchange.open > 0) exchange.orphan = true
    else this.#active.splice(this.#active.indexOf(exchange), 1)
    if (this.#active.length > 0 && this.#active.every((one) => one.orphan)) {
      this.#active.length = 0
      if (!this.#transport.closed) this.#transport.reset()
    }
  }

  failAll(error: unknown): void {
    for (const exchange of [...this.#active]) if (!exchange.settled) exchange.fail(error)
  }

  /** Resolves when `exchange` is settled or `ready`. Rejects when its time is up, or it is aborted. */
  async until(exchange: Exchange, options: CallOptions, ready?: () => boolean): Promise<void> {
    if (this.#read(exchange, ready)) return
    const deadline = performance.now() + (options.timeout ?? this.#timeout)
    do {
      await this.#nap(exchange, deadline, options.signal)
    } while (!this.#read(exchange, ready))
  }

  /** Reads what has arrived until `exchange` is settled or `ready`; false when more has to be waited for. */
  #read(exchange: Exchange, ready?: () => boolean): boolean {
    for (;;) {
      if (exchange.settled || ready?.()) return true
      try {
        const datagram = this.#transport.receive()
        if (datagram === undefined) return false
        if (datagram instanceof TruncatedDatagram) this.#truncated(datagram)
        else for (const message of messages(datagram)) this.#dispatch(message)
      } catch (error) {
        // A lost or senseless datagram may have been anybody's answer.
        this.failAll(error)
        // A socket that ran over stays deaf until all is read that it holds; a new one holds nothing.
        if (TransportError.is(error) && error.code === 'ERR_OVERRUN') this.#transport.reset()
      }
    }
  }

  #truncated({ size }: TruncatedDatagram): void {
    const text = `a datagram of ${size} bytes did not fit the receive buffer, which is larger now; ask again`
    for (const exchange of [...this.#active]) {
      if (exchange.ending === 'dump') exchange.interrupted = true
      exchange.fail(new TransportError(text, { code: 'ERR_OVERRUN' }))
    }
  }

  #dispatch(message: Message): void {
    for (const exchange of this.#active) {
      const index = exchange.indexOf(message.sequence)
      if (index < 0 || exchange.open === 0 || (exchange.settled && !exchange.orphan)) continue
      try {
        answer(exchange, index, message)
      } catch (error) {
        exchange.fail(error)
      }
      if (exchange.open === 0 && exchange.orphan) this.remove(exchange)
      return
    }
    if (message.type !== NLMSG.noop) this.stale++
  }

  #nap(exchange: Exchange, deadline: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: Error) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        exchange.wake = undefined
        if (error) reject(error)
        else resolve()
        if (!this.#active.some((one) => one.wake)) this.#transport.interrupt()
      }
      const abort = () => end(aborted(exchange.label, signal as AbortSignal))
      const late = () => end(new TransportError(`${exchange.label}: no answer in time`, { code: 'ERR_TIMEOUT' }))
      const timer = setTimeout(late, forTimer(deadline - performance.now()))
      signal?.addEventListener('abort', abort, { once: true })
      exchange.wake = () => end()
      this.#listen()
    })
  }

  /** Waits for the transport, once for all who sleep, and wakes them. */
  #listen(): void {
    if (this.#listening) return
    this.#listening = true
    const wakeAll = () => {
      this.#listening = false
      for (const exchange of [...this.#active]) exchange.wake?.()
    }
    this.#transport.wait().then(wakeAll, (error: unknown) => {
      this.failAll(error)
      wakeAll()
    })
  }
}

function answer(exchange: Exchange, index: number, message: Message): void {
  const listener = exchange.orphan ? {} : exchange.listener
  if (exchange.ending === 'dump' && message.flags & NLM_F.dumpInterrupted) exchange.interrupted = true
  if (message.type === NLMSG.error || message.type === NLMSG.done) {
    const read = message.type === NLMSG.done ? readDone : readAcknowledgement
    listener.acknowledged?.(read(message), index)
    if (exchange.ending !== 'batch' || index === exchange.count - 1) exchange.finish()
  } else if (message.type === NLMSG.overrun) {
    throw new TransportError('the kernel dropped answers: the receive buffer ran over', { code: 'ERR_OVERRUN' })
  } else if (message.type !== NLMSG.noop) {
    listener.message?.(message, index)
    if ((exchange.ending === 'data' || exchange.ending === 'batch') && !(message.flags & NLM_F.multi)) exchange.finish()
  }
}

function aborted(label: string, signal: AbortSignal): TransportError {
  return new TransportError(`${label}: aborted`, { code: 'ERR_ABORTED', cause: signal.reason })
}
