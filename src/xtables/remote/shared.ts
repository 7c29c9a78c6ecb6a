/**
 * Work that gives the same to all who ask for it at the same time: whoever asks while it is being done gets what is done next, so
 * that nobody is given what was before the question.
 */
export class Shared<T> {
  readonly #running = new Map<string, Promise<unknown>>()
  readonly #next = new Map<string, Promise<T>>()

  /** What `work` gives, which is the same for all who name this key. */
  get(key: string, work: () => Promise<T>): Promise<T> {
    let next = this.#next.get(key)
    if (!next) {
      next = this.#after(key, work)
      this.#next.set(key, next)
    }
    return next
  }

  async #after(key: string, work: () => Promise<T>): Promise<T> {
    await this.#running.get(key)
    this.#next.delete(key)
    const done = work()
    const running = done.then(() => {}, () => {}).finally(() => {
      if (this.#running.get(key) === running) this.#running.delete(key)
    })
    this.#running.set(key, running)
    return done
  }
}
