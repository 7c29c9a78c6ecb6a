import type { Capture, Frame } from './capture.js'
import { TransportError } from './error.js'
import { numbered, setSequence } from './message.js'
import type { Transport } from './transport.js'
import { ProtocolError } from './wire/error.js'

/**
 * Plays the kernel's part of a captured conversation. What is sent must equal what was sent then, byte for byte but for
 * sequence numbers and ports; the answers come with the numbers of now.
 */
export class Replayer implements Transport {
  readonly counters = { foreign: 0, truncated: 0 }
  readonly port = 1
  closed = false
  readonly #frames: readonly Frame[]
  readonly #sequences = new Map<number, number>()
  readonly #queue: Uint8Array[] = []
  #at = 0
  #wake: (() => void) | undefined

  constructor({ frames }: Capture) {
    this.#frames = frames
  }

  /** Whether the whole conversation has been played. */
  get finished(): boolean {
    return this.#at === this.#frames.length && this.#queue.length === 0
  }

  send(datagram: Uint8Array): void {
    if (this.closed) throw new TransportError('the replay is closed', { code: 'ERR_CLOSED' })
    const frame = this.#frames[this.#at]
    if (frame?.direction !== 'sent') {
      throw new ProtocolError(`frame ${this.#at}: nothing more was sent in the captured conversation, now ${hex(datagram)}`)
    }
    const difference = firstDifference(frame.bytes, datagram)
    if (difference !== undefined) {
      throw new ProtocolError(`frame ${this.#at} differs from the captured one:\n  then ${hex(frame.bytes)}\n  now  ${hex(datagram)}`, { offset: difference })
    }
    const then = numbered(frame.bytes)
    numbered(datagram).forEach(({ sequence }, i) => {
      this.#sequences.set(then[i]!.sequence, sequence)
    })
    this.#at++
    while (this.#frames[this.#at]?.direction === 'received') this.#queue.push(this.#renumbered(this.#frames[this.#at++]!))
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

  /** What is left of the answers to what was sent is dropped, as a new socket would not see it. */
  reset(): void {
    this.#queue.length = 0
  }

  close(): void {
    this.closed = true
    this.interrupt()
  }

  #renumbered({ bytes }: Frame): Uint8Array {
    const copy = Uint8Array.from(bytes)
    for (const { at, sequence } of numbered(copy)) setSequence(copy, at, this.#sequences.get(sequence) ?? sequence)
    return copy
  }
}

/** The first byte in which two datagrams differ, sequence numbers and ports apart. */
function firstDifference(one: Uint8Array, other: Uint8Array): number | undefined {
  const free = new Set(numbered(one).flatMap(({ at }) => Array.from({ length: 8 }, (_, i) => at + 8 + i)))
  const size = Math.max(one.length, other.length)
  for (let at = 0; at < size; at++) if (one[at] !== other[at] && !free.has(at)) return at
  return undefined
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
