import type { Acknowledgement } from './acknowledge.js'
import type { Message } from './message.js'

/** What a request wants to hear. `index` counts the requests of one datagram from 0. */
export interface Listener {
  /** A data message that answers request `index`. Read it now: its bytes are gone when this returns. */
  message?(message: Message, index: number): void
  /** Request `index` is done, or refused: see `errno`. */
  acknowledged?(acknowledgement: Acknowledgement, index: number): void
}

/**
 * What ends a request: its acknowledgement, its only data message, or the end of a dump. A batch ends with the answer to
 * the question behind it: of its own messages only those are answered that failed.
 */
export type Ending = 'ack' | 'data' | 'dump' | 'batch'

/** A request, or several numbered one after the other, on its way to the kernel and back. */
export class Exchange {
  readonly first: number
  readonly count: number
  readonly listener: Listener
  /** What is asked, for messages about a late answer. */
  readonly label: string
  readonly ending: Ending
  /** Requests not answered yet. */
  open: number
  /** The answer is not to be trusted whole: the list changed meanwhile, or a datagram was cut. */
  interrupted = false
  /** Nobody listens any more; the answers that still come are read and dropped. */
  orphan = false
  error: unknown
  /** Wakes whoever sleeps on this exchange. */
  wake: (() => void) | undefined

  constructor(first: number, count: number, label: string, ending: Ending, listener: Listener) {
    this.first = first
    this.count = count
    this.label = label
    this.ending = ending
    this.listener = listener
    this.open = ending === 'batch' ? 1 : count
  }

  get settled(): boolean {
    return this.open === 0 || this.error !== undefined
  }

  /** Which of the requests `sequence` belongs to; -1 for none. Sequence numbers wrap at 2^32. */
  indexOf(sequence: number): number {
    const index = (sequence - this.first) >>> 0
    return index < this.count ? index : -1
  }

  finish(): void {
    this.open--
    if (this.open === 0) this.wake?.()
  }

  fail(error: unknown): void {
    this.error ??= error
    this.wake?.()
  }
}
