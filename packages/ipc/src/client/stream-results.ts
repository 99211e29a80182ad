import type { MethodShape, StreamShape } from '../shape/shape.ts'
import { VALUE } from '../shape/shape.ts'
import { PageItems } from '../stream/page-items.ts'
import type { StreamSink } from '../stream/stream-sink.ts'
import { USE } from '../wire/use.ts'
import type { ClientConnection } from './client-connection.ts'
import { define } from './define-member.ts'

export interface StreamResultsOptions {
  readonly connection: ClientConnection
  readonly targetId: number
  readonly path: string
  readonly name: string
  readonly method: MethodShape
  readonly args: readonly unknown[]
  readonly shape: StreamShape
}

/** What a method that gives a stream returns at once. The server is asked when it is first used, and anew each time. */
export class StreamResults {
  readonly #options: StreamResultsOptions
  /** Figures of the iteration that ended last. */
  #figures: Readonly<Record<string, unknown>> | undefined

  constructor(options: StreamResultsOptions) {
    this.#options = options
  }

  face(): object {
    const { shape } = this.#options
    return Object.freeze(shape.isGenerator === true ? this.#generator() : this.#results(shape))
  }

  #results({ pages, whole, figures }: StreamShape): object {
    const face: object = Object.create(null) as object
    define(face, Symbol.asyncIterator, { value: () => this.#items() })
    if (pages !== undefined)
      define(face, pages, {
        value: () => ({ [Symbol.asyncIterator]: () => this.#open() }),
      })
    if (whole !== undefined) define(face, whole, { value: async () => await this.#gather() })
    for (const name of figures ?? []) define(face, name, { value: async () => await this.#figure(name) })
    return face
  }

  /** It is what it iterates: the server is asked at its first step. */
  #generator(): object {
    const face: object = Object.create(null) as object
    let items: AsyncIterator<unknown> | undefined
    let hasEnded = false
    const next = (): Promise<IteratorResult<unknown>> => {
      if (hasEnded) return Promise.resolve({ done: true, value: undefined })
      items ??= this.#items()
      return items.next()
    }
    const end = async (value?: unknown): Promise<IteratorResult<unknown>> => {
      hasEnded = true
      await items?.return?.()
      return { done: true, value }
    }
    define(face, 'next', { value: next })
    define(face, 'return', { value: end })
    define(face, 'throw', {
      value: async (error: unknown) => {
        await end()
        throw error
      },
    })
    define(face, Symbol.asyncIterator, { value: () => face })
    define(face, Symbol.asyncDispose, { value: async () => void (await end()) })
    return face
  }

  #items(): PageItems {
    return new PageItems(this.#open())
  }

  #open(): StreamSink {
    const { connection, targetId, path, name, method, args, shape } = this.#options
    return connection.stream(
      { targetId, path, name, use: USE.CALL },
      {
        method,
        args,
        convert: shape.convert?.take as ((plain: unknown) => unknown) | undefined,
        onFigures: (figures) => {
          if (typeof figures === 'object' && figures !== null)
            this.#figures = figures as Readonly<Record<string, unknown>>
        },
      },
    )
  }

  async #gather(): Promise<unknown[]> {
    const all: unknown[] = []
    const sink = this.#open()
    for (let step = await sink.next(); step.done !== true; step = await sink.next())
      for (const item of step.value) all.push(item)
    return all
  }

  async #figure(name: string): Promise<unknown> {
    if (this.#figures !== undefined && Object.hasOwn(this.#figures, name)) return this.#figures[name]
    const { connection, targetId, path, method, args } = this.#options
    const target = { targetId, path, name: this.#options.name, use: USE.FIGURE, figure: name }
    return await connection.value(target, { method, args, gives: VALUE })
  }
}
