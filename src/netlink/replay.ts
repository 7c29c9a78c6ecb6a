import type { Capture, Frame } from './capture.js'
import { numbered, setSequence } from './message.js'
import { QueuedTransport } from './queued.js'
import { ProtocolError } from './wire/error.js'

/**
 * Plays the kernel's part of a captured conversation. What is sent must equal what was sent then, byte for byte but for
 * sequence numbers and ports; the answers come with the numbers of now.
 */
export class Replayer extends QueuedTransport {
  readonly #frames: readonly Frame[]
  readonly #sequences = new Map<number, number>()
  #at = 0

  constructor({ frames }: Capture) {
    super()
    this.#frames = frames
  }

  /** Whether the whole conversation has been played. */
  get finished(): boolean {
    return this.#at === this.#frames.length && this.waiting === 0
  }

  protected take(datagram: Uint8Array): void {
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
    while (this.#frames[this.#at]?.direction === 'received') this.deliver(this.#renumbered(this.#frames[this.#at++]!))
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
