/** Lets one after the other do something, in the order in which they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `body` when it is its turn. Who has been called off in the meantime (`signal`) is left out: rejects with its reason. */
  take<T>(body: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last.then(() => {
      signal?.throwIfAborted()
      return body()
    })
    this.#last = turn.catch(() => {})
    return turn
  }
}
