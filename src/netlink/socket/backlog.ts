import { TransportError } from '../error.js'
import { TruncatedDatagram } from '../transport.js'

/** What has arrived and was not read yet, in order: datagrams, and errors where they happened. */
export class Backlog {
  readonly #limit: number
  #items: (Uint8Array | TruncatedDatagram | TransportError)[] = []
  #size = 0
  #deaf = false

  /** `limit`: bytes it may hold. As the kernel's own buffer, one that has run over takes nothing until all is read that it holds. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get empty(): boolean {
    return this.#items.length === 0
  }

  keep(arrived: Uint8Array | TruncatedDatagram): void {
    if (this.#deaf) return
    this.#size += arrived instanceof TruncatedDatagram ? arrived.head.length : arrived.length
    this.#deaf = this.#size > this.#limit && !this.empty
    if (this.#deaf) this.fail(new TransportError(`more than ${this.#limit} bytes arrived that nobody read`, { code: 'ERR_OVERRUN' }))
    else this.#items.push(arrived)
  }

  /** Puts an error where datagrams are missing: `take` throws it. */
  fail(error: TransportError): void {
    if (!(this.#items.at(-1) instanceof TransportError)) this.#items.push(error)
  }

  take(): Uint8Array | TruncatedDatagram | undefined {
    const next = this.#items.shift()
    if (this.empty) this.clear()
    if (next instanceof TransportError) throw next
    return next
  }

  clear(): void {
    this.#items = []
    this.#size = 0
    this.#deaf = false
  }
}
