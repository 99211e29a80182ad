/** A promise that knows whether somebody looks at its outcome. */
export class TrackedPromise<Value> extends Promise<Value> {
  /** What `then` makes is a promise like any other. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  isWatched = false

  // oxlint-disable-next-line unicorn/no-thenable -- it is one
  override then<Fulfilled = Value, Rejected = never>(
    onFulfilled?: ((value: Value) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    this.isWatched = true
    return super.then(onFulfilled, onRejected)
  }
}

/** Calls that a callback makes of what it was given: those that nobody waits for are waited for at its end. */
export class CallbackScope {
  readonly #calls = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | undefined

  track<Value>(call: Promise<Value>): Promise<Value> {
    const tracked = new TrackedPromise<Value>((resolve) => resolve(call))
    const noted = call.then(
      () => undefined,
      (error: unknown) => {
        if (!tracked.isWatched) this.#failure ??= { error }
      },
    )
    this.#calls.add(noted)
    void noted.then(() => this.#calls.delete(noted))
    // It has been told here.
    Promise.prototype.then.call(tracked, undefined, () => undefined)
    return tracked
  }

  /** @throws what a call failed with that nobody waited for: in the process of the store the call itself would have thrown it */
  async settled(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all(this.#calls)
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
