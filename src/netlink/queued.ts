import { closedError } from './error.js'
import type { Transport } from './transport.js'

/** A transport whose answers are made on this side and wait in a queue: what the replayer and fake kernels share. */
export abstract class QueuedTransport implements Transport {
  readonly counters = { foreign: 0, truncated: 0 }
  readonly port = 1
  closed = false
  readonly #queue: Uint8Array[] = []
  #wake: (() => void) | undefined

  /** Takes a datagram that was sent; what answers it is handed to `deliver`. */
  protected abstract take(datagram: Uint8Array): void

  /** Datagrams that have not been received yet. */
  get waiting(): number {
    return this.#queue.length
  }

  send(datagram: Uint8Array): void {
    if (this.closed) throw closedError()
    this.take(datagram)
  }

  /** Puts datagrams where `receive` finds them, asked for or not. */
  deliver(...datagrams: readonly Uint8Array[]): void {
    this.#queue.push(...datagrams)
    this.interrupt()
  }

  receive(): Uint8Array | undefined {
    return this.#queue.shift()
  }

  wait(): Promise<void> {
    if (this.#queue.length > 0 || this.closed) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  interrupt(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  /** Drops the answers to what was sent before, as a new socket would not see them. */
  reset(): void {
    this.#queue.length = 0
    this.interrupt()
  }

  close(): void {
    this.closed = true
    this.interrupt()
  }
}
