import type { Transport } from '../netlink/index.js'
import { TransportError } from '../netlink/index.js'

/** Plays the kernel: gets each datagram that is sent, and gives the datagrams that answer it. */
export type Kernel = (datagram: Uint8Array) => Iterable<Uint8Array>

/**
 * A transport to a kernel made of one function, for tests of what is above.
 *
 * @example
 * const ipset = new IPSet({ transport: new FakeKernel((datagram) => [acknowledge(datagram)]) })
 */
export class FakeKernel implements Transport {
  readonly counters = { foreign: 0, truncated: 0 }
  readonly port = 1
  closed = false
  /** All that was sent. */
  readonly sent: Uint8Array[] = []
  readonly #kernel: Kernel
  readonly #queue: Uint8Array[] = []
  #wake: (() => void) | undefined

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  send(datagram: Uint8Array): void {
    if (this.closed) throw new TransportError('the socket is closed', { code: 'ERR_CLOSED' })
    const copy = Uint8Array.from(datagram)
    this.sent.push(copy)
    this.deliver(...this.#kernel(copy))
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

  reset(): void {
    this.#queue.length = 0
    this.interrupt()
  }

  close(): void {
    this.closed = true
    this.interrupt()
  }
}
