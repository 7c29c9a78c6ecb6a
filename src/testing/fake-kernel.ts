import { QueuedTransport } from '../netlink/index.js'

/** Plays the kernel: gets each datagram that is sent, and gives the datagrams that answer it. */
export type Kernel = (datagram: Uint8Array) => Iterable<Uint8Array>

/**
 * A transport to a kernel made of one function, for tests of what is above.
 *
 * @example
 * const ipset = new IPSet({ transport: new FakeKernel((datagram) => [acknowledge(datagram)]) })
 */
export class FakeKernel extends QueuedTransport {
  /** All that was sent. */
  readonly sent: Uint8Array[] = []
  readonly #kernel: Kernel

  constructor(kernel: Kernel) {
    super()
    this.#kernel = kernel
  }

  protected take(datagram: Uint8Array): void {
    const copy = Uint8Array.from(datagram)
    this.sent.push(copy)
    this.deliver(...this.#kernel(copy))
  }
}
