import { type Transport, TransportError, TruncatedDatagram } from '../../src/netlink/index.js'

/** What arrives: a datagram, a cut one, or the error of the receiving system call. */
export type Arrival = Uint8Array | TruncatedDatagram | Error

/** A kernel in a function: gets a datagram, gives what arrives in answer, in order. */
export type FakeKernel = (datagram: Buffer) => readonly Arrival[]

/** A transport to a fake kernel, which like the real one has answered before `send` returns. */
export class ScriptedTransport implements Transport {
  readonly port = 4711
  readonly counters = { foreign: 0, truncated: 0 }
  closed = false
  /** Copies of all datagrams that were sent. */
  readonly sent: Buffer[] = []
  /** How often it was made new, and closed. */
  resets = 0
  closes = 0
  /** Whether somebody waits. */
  waiting = false
  readonly #kernel: FakeKernel
  readonly #answers: Arrival[] = []
  #wake: (() => void) | undefined

  constructor(kernel: FakeKernel) {
    this.#kernel = kernel
  }

  send(datagram: Uint8Array): void {
    if (this.closed) throw new TransportError('the socket is closed', { code: 'ERR_CLOSED' })
    const copy = Buffer.from(datagram)
    this.sent.push(copy)
    this.push(...this.#kernel(copy))
  }

  /** Lets something arrive on its own, or later. */
  push(...arrivals: readonly Arrival[]): void {
    this.#answers.push(...arrivals)
    this.interrupt()
  }

  receive(): Uint8Array | TruncatedDatagram | undefined {
    const arrival = this.closed ? undefined : this.#answers.shift()
    if (arrival instanceof Error) throw arrival
    if (arrival instanceof TruncatedDatagram) this.counters.truncated++
    return arrival
  }

  wait(): Promise<void> {
    if (this.waiting) return Promise.reject(new Error('two waits at a time'))
    return new Promise((resolve) => {
      if (this.closed || this.#answers.length > 0) return resolve()
      this.waiting = true
      this.#wake = resolve
    })
  }

  interrupt(): void {
    this.waiting = false
    this.#wake?.()
    this.#wake = undefined
  }

  reset(): void {
    this.resets++
    this.#answers.length = 0
    this.interrupt()
  }

  close(): void {
    this.closes++
    this.closed = true
    this.interrupt()
  }
}
