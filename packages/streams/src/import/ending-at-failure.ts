/** Chunks that end where their source fails, so that what was read is kept before the failure is told. */
export class EndingAtFailure implements AsyncIterable<Uint8Array> {
  readonly #chunks: AsyncIterable<Uint8Array>
  #failure: { readonly cause: unknown } | undefined

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    return this.#pass()
  }

  async *#pass(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.#chunks) yield chunk
    } catch (cause) {
      this.#failure = { cause }
    }
  }

  get failed(): boolean {
    return this.#failure !== undefined
  }

  /** Once the chunks have ended. */
  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.cause
  }
}
