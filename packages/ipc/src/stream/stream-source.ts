import { callIsolated, ForgeError } from '@forgeone/common'
import { PAGE_BYTES, STREAM_WINDOW_BYTES } from '../limits.ts'
import type { ValueEncoder } from '../value/value-encoder.ts'

/** Where the pages of a stream go. */
export interface StreamTarget {
  items(page: Uint8Array): void
  /** What to wait for before the next page, if anything: other streams may have filled the way. */
  congestion(): Promise<void> | undefined
  /** @param value what the iterator gave at its end */
  end(value: unknown): void
  fail(error: unknown): void
}

export interface StreamSourceOptions {
  /** Opens the iterable; called once. */
  readonly open: () => AsyncIterable<unknown> | Iterable<unknown> | Promise<AsyncIterable<unknown>>
  /** Whether each of its items is a list of items: asked once it is open. */
  readonly isPaged: () => boolean
  readonly convert?: ((item: unknown) => unknown) | undefined
  readonly encoder: ValueEncoder
  readonly target: StreamTarget
}

/**
 * Gives a stream to the other side: items gather to pages, and pages go while what is on its way stays within the window. While
 * nobody takes them, nothing more is read.
 */
export class StreamSource {
  readonly #options: StreamSourceOptions
  #iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined
  #onItsWayBytes = 0
  #items = 0
  #isFlushScheduled = false
  #hasEnded = false
  #isStopped = false
  #wake: (() => void) | undefined
  #credit: Promise<void> | undefined

  constructor(options: StreamSourceOptions) {
    this.#options = options
    void this.#run()
  }

  /** @throws IPC_PROTOCOL when more was taken than is on its way */
  credit(bytes: number): void {
    if (bytes > this.#onItsWayBytes)
      throw new ForgeError('IPC_PROTOCOL', 'the other side took more of a stream than it was given')
    this.#onItsWayBytes -= bytes
    this.#wake?.()
  }

  /** The reader wants no more: the iterator is ended, and then the stream. */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#wake?.()
    void this.#close()
  }

  /** Ends it with an error, whatever the iterator does. */
  fail(cause: unknown): void {
    if (this.#hasEnded) return
    this.#flush()
    this.#finish(() => this.#options.target.fail(cause))
    this.#isStopped = true
    this.#wake?.()
    // What comes of its end is nobody's matter any more.
    callIsolated(() => this.#iterator?.return?.())
  }

  async #run(): Promise<void> {
    const { open, target } = this.#options
    try {
      const iterable = await open()
      const iterator =
        Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]()
      this.#iterator = iterator
      const isPaged = this.#options.isPaged()
      while (!this.#isStopped) {
        const step = await iterator.next()
        if (step.done === true) {
          await this.#flushInTurn()
          this.#finish(() => target.end(step.value))
          return
        }
        await (isPaged ? this.#addAll(step.value) : this.#add(step.value))
      }
      await iterator.return?.()
    } catch (cause) {
      this.#flush()
      this.#finish(() => target.fail(cause))
    }
  }

  async #addAll(items: unknown): Promise<void> {
    for (const item of items as Iterable<unknown>) {
      if (this.#isStopped) return
      const wait = this.#add(item)
      if (wait !== undefined) await wait
    }
  }

  /** @returns what to wait for before the next, if anything */
  #add(item: unknown): Promise<void> | undefined {
    const { encoder, convert } = this.#options
    try {
      encoder.add(convert === undefined ? item : convert(item as never))
    } catch (cause) {
      // The page is lost with it.
      this.#items = 0
      throw cause
    }
    this.#items++
    if (encoder.size >= PAGE_BYTES) return this.#flushAndGiveWay()
    this.#scheduleFlush()
    return undefined
  }

  /** What is there goes before the next turn of the event loop: a follower is not to wait for a full page. */
  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    setImmediate(() => {
      this.#isFlushScheduled = false
      if (this.#items > 0) void this.#flushInTurn()
    })
  }

  get #hasRoom(): boolean {
    return this.#onItsWayBytes < STREAM_WINDOW_BYTES
  }

  /** Others have a turn behind each page: whoever reads everything is not to stop the process that owns it. */
  async #flushAndGiveWay(): Promise<void> {
    await this.#flushInTurn()
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** @returns what to wait for, when the window is full */
  #flushInTurn(): Promise<void> | undefined {
    if (this.#hasRoom && this.#options.target.congestion() === undefined) {
      this.#flush()
      return undefined
    }
    return this.#flushWhenRoom()
  }

  async #flushWhenRoom(): Promise<void> {
    while (!this.#isStopped) {
      const congestion = this.#options.target.congestion()
      if (this.#hasRoom && congestion === undefined) break
      // Whatever comes first is looked at again.
      await (this.#hasRoom ? congestion : this.#credited())
    }
    this.#flush()
  }

  /** Settles with the next credit, or when the reader wants no more. */
  #credited(): Promise<void> {
    this.#credit ??= new Promise((resolve) => {
      this.#wake = () => {
        this.#credit = undefined
        this.#wake = undefined
        resolve()
      }
    })
    return this.#credit
  }

  #flush(): void {
    if (this.#items === 0 || this.#hasEnded) return
    this.#items = 0
    const page = this.#options.encoder.finish()
    if (this.#isStopped) return
    this.#onItsWayBytes += page.length
    this.#options.target.items(page)
  }

  async #close(): Promise<void> {
    const { target } = this.#options
    try {
      // Waits for a step under way, as a generator does.
      await this.#iterator?.return?.()
      this.#finish(() => target.end(undefined))
    } catch (cause) {
      this.#finish(() => target.fail(cause))
    }
  }

  #finish(tell: () => void): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    tell()
  }
}
