import type { Timer } from '@forgeone/common'

/** Chunks one after another, and a word when the next one is long in coming. */
export class LateChunks implements AsyncDisposable {
  readonly #iterator: AsyncIterator<Uint8Array>
  readonly #patience: { readonly timer: Pick<Timer, 'after'>; readonly afterMs: number } | undefined
  #next: Promise<IteratorResult<Uint8Array>> | undefined
  #late: Promise<'late'> | undefined
  #stopTimer: (() => void) | undefined

  constructor(
    chunks: AsyncIterable<Uint8Array>,
    patience: { readonly timer: Pick<Timer, 'after'>; readonly afterMs: number } | undefined,
  ) {
    this.#iterator = chunks[Symbol.asyncIterator]()
    this.#patience = patience
  }

  async next(): Promise<Uint8Array | 'late' | 'end'> {
    this.#next ??= this.#iterator.next()
    const won = await (this.#late === undefined ? this.#next : Promise.race([this.#next, this.#late]))
    if (won === 'late') {
      this.#late = undefined
      return 'late'
    }
    this.#next = undefined
    return won.done === true ? 'end' : won.value
  }

  /** Whether something waits for the next chunk: then it waits so long and no longer, from when it began to. */
  expect(somethingWaits: boolean): void {
    if (!somethingWaits) return this.#forget()
    if (this.#late !== undefined || this.#patience === undefined) return
    const { timer, afterMs } = this.#patience
    this.#late = new Promise((resolve) => {
      this.#stopTimer = timer.after(afterMs, () => resolve('late'))
    })
  }

  #forget(): void {
    this.#stopTimer?.()
    this.#late = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#forget()
    // A chunk that was asked for and never came must not be waited for.
    const ended = this.#iterator.return?.()
    if (this.#next === undefined) await ended
    else ended?.catch(() => undefined)
  }
}
