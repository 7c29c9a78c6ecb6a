import type { Events } from '../../event.js'

/** Opens what is listened to, and gives what is made of it. Closes it when `signal` aborts, or the loop over the events ends. */
export type Begin<T> = (signal: AbortSignal) => Promise<AsyncIterable<T>>

/** Events of what is opened at once, and closed at the end. */
export class Watch<T> implements Events<T> {
  readonly ready: Promise<void>
  readonly #ending = new AbortController()
  readonly #signals: readonly AbortSignal[]
  readonly #events: AsyncGenerator<T, undefined, undefined>

  /** `signals`: each of them ends it when it aborts. */
  constructor(begin: Begin<T>, signals: readonly (AbortSignal | undefined)[]) {
    this.#signals = signals.filter((signal) => signal !== undefined)
    for (const signal of this.#signals) {
      if (signal.aborted) this.#ending.abort()
      else signal.addEventListener('abort', this.#close)
    }
    const begun = begin(this.#ending.signal)
    this.ready = begun.then(() => {})
    // Who does not ask for it learns of it from the loop.
    this.ready.catch(() => {})
    this.#events = this.#read(begun)
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#events.next()
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.close()
    return this.#events.return(undefined)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  close(): void {
    this.#ending.abort()
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#close)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  readonly #close = () => this.close()

  async *#read(begun: ReturnType<Begin<T>>): AsyncGenerator<T, undefined, undefined> {
    try {
      for await (const event of await begun) {
        if (this.#ending.signal.aborted) return
        yield event
      }
    } catch (error) {
      // What is under way when it ends fails for that reason.
      if (!this.#ending.signal.aborted) throw error
    } finally {
      this.close()
    }
  }
}
