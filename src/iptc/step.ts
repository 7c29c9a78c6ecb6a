/** A promise that knows whether anybody asked for its outcome: what nobody asked for must not be lost. */
export class Step<T> extends Promise<T> {
  #noticed = false
  #failure: { readonly error: unknown } | undefined

  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  /** A step that ends as `work` does. */
  static of<T>(work: Promise<T>): Step<T> {
    const step: Step<T> = new Step((resolve, reject) => {
      work.then(resolve, (error: unknown) => {
        step.#failure = { error }
        reject(error)
      })
    })
    // Whoever asks for the outcome hears of the failure, or the commit does.
    Promise.prototype.then.call(step, undefined, () => {})
    return step
  }

  /** How it failed without anybody having asked. */
  get unnoticed(): { readonly error: unknown } | undefined {
    return this.#noticed ? undefined : this.#failure
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise, whose `then` tells that somebody asks
  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#noticed = true
    return super.then(fulfilled, rejected)
  }
}
