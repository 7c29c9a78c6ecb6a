/** A promise that knows whether anybody asked for its outcome: what nobody asked for must not be lost. */
export class Step<T> extends Promise<T> {
  #noticed = false
  #failure: { readonly error: unknown } | undefined
  #source: Step<unknown> | undefined
  #over: Promise<void> = Promise.resolve()

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
    step.#over = work.then(
      () => {},
      () => {},
    )
    // Whoever asks for the outcome hears of the failure, or the commit does.
    Promise.prototype.then.call(step, undefined, () => {})
    return step
  }

  /** Resolves when it has ended, in whatever way; to wait for that is not to ask for the outcome. */
  get over(): Promise<void> {
    return this.#over
  }

  /** How it failed without anybody having asked. */
  get unnoticed(): { readonly error: unknown } | undefined {
    return this.#noticed ? undefined : this.#failure
  }

  /** The same step with another outcome: who asks for that has asked for this. */
  giving<U>(make: (value: T) => U): Step<U> {
    const step = Step.of(super.then(make))
    step.#source = this
    return step
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise, whose `then` tells that somebody asks
  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    for (let step: Step<unknown> | undefined = this; step; step = step.#source) step.#noticed = true
    return super.then(fulfilled, rejected)
  }
}

/** What a promise gives, made into something else; a step stays a step. */
export function giving<T, U>(promise: Promise<T>, make: (value: T) => U): Promise<U> {
  return promise instanceof Step ? promise.giving(make) : promise.then(make)
}
