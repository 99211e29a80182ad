import { ForgeError } from '@forgeone/common'
import { STREAM_WINDOW_BYTES, PAGE_BYTES } from '../limits.ts'
import { ValueDecoder } from '../value/value-decoder.ts'

/** More than a window and a page can be on the way only if one item is larger than a page. */
const EXCUSED_BYTES = STREAM_WINDOW_BYTES + 2 * PAGE_BYTES

export interface StreamSinkOptions {
  /** So many bytes were taken: as many more may come. */
  readonly onTaken: (bytes: number) => void
  /** Whoever reads wants no more. */
  readonly onStop: () => void
  readonly convert?: ((plain: unknown) => unknown) | undefined
}

interface Waiting {
  readonly resolve: (step: IteratorResult<readonly unknown[]>) => void
  readonly reject: (cause: unknown) => void
}

/** Takes a stream from the other side: pages wait here, encoded, until they are asked for. */
export class StreamSink implements AsyncIterator<readonly unknown[]> {
  readonly #options: StreamSinkOptions
  readonly #pages: Buffer[] = []
  #bytes = 0
  readonly #waiting: Waiting[] = []
  #end: { readonly value: unknown } | { readonly error: unknown } | undefined
  #isTold = false
  #stopping: Promise<void> | undefined
  #onEnd: (() => void) | undefined

  constructor(options: StreamSinkOptions) {
    this.#options = options
  }

  /** @throws IPC_PROTOCOL when the window is disregarded */
  push(page: Buffer): void {
    this.#bytes += page.length
    if (this.#pages.length > 0 && this.#bytes - page.length > EXCUSED_BYTES)
      throw new ForgeError('IPC_PROTOCOL', 'the other side sent more of a stream than was asked for')
    this.#pages.push(page)
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) this.#settle(waiting)
  }

  end(value: unknown): void {
    this.#finish({ value })
  }

  fail(error: unknown): void {
    this.#finish({ error })
  }

  get hasEnded(): boolean {
    return this.#end !== undefined
  }

  /** The items of the next page. */
  next(): Promise<IteratorResult<readonly unknown[]>> {
    return new Promise((resolve, reject) => {
      const waiting = { resolve, reject }
      if (this.#stopping === undefined && this.#pages.length === 0 && this.#end === undefined)
        this.#waiting.push(waiting)
      else this.#settle(waiting)
    })
  }

  /** Settles when the other side has ended it. */
  async return(value?: unknown): Promise<IteratorResult<readonly unknown[]>> {
    this.#pages.length = 0
    if (this.#end === undefined) {
      this.#stopping ??= new Promise((resolve) => {
        this.#onEnd = resolve
        this.#options.onStop()
      })
      for (const waiting of this.#waiting.splice(0)) waiting.resolve({ done: true, value: undefined })
      await this.#stopping
    }
    this.#isTold = true
    return { done: true, value }
  }

  #settle({ resolve, reject }: Waiting): void {
    const page = this.#pages.shift()
    if (page !== undefined) {
      this.#bytes -= page.length
      try {
        resolve({ done: false, value: this.#items(page) })
      } catch (cause) {
        reject(cause)
      }
      this.#options.onTaken(page.length)
      return
    }
    const end = this.#end
    if (end === undefined || this.#isTold) {
      resolve({ done: true, value: undefined })
      return
    }
    this.#isTold = true
    if ('error' in end) reject(end.error)
    else resolve({ done: true, value: end.value })
  }

  #items(page: Buffer): readonly unknown[] {
    const { convert } = this.#options
    const decoder = new ValueDecoder(page)
    const items: unknown[] = []
    while (decoder.hasMore) {
      const item = decoder.next()
      items.push(convert === undefined ? item : convert(item))
    }
    decoder.finish()
    return items
  }

  #finish(end: { readonly value: unknown } | { readonly error: unknown }): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#onEnd?.()
    for (const waiting of this.#waiting.splice(0)) this.#settle(waiting)
  }
}
