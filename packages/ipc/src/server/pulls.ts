import { ForgeError } from '@forgeone/common'
import { STREAMS_MAX } from '../limits.ts'
import { PageItems } from '../stream/page-items.ts'
import { StreamSink } from '../stream/stream-sink.ts'
import { readAll } from '../value/value-decoder.ts'
import type { ValueEncoder } from '../value/value-encoder.ts'
import { FRAME } from '../wire/frame.ts'

export interface PullsOptions {
  readonly encoder: ValueEncoder
  readonly send: (kind: number, id: number, body: Uint8Array | undefined) => void
  readonly onThrown: (error: unknown, thrownId: number) => void
}

/** Streams that live at the client and are read here. */
export class Pulls {
  readonly #options: PullsOptions
  readonly #sinks = new Map<number, StreamSink>()
  #lastId = 0
  #lost: ForgeError | undefined

  constructor(options: PullsOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#sinks.size
  }

  /** What stands for a stream among the arguments of a call. */
  iterable(callId: number, reference: number): AsyncIterable<unknown> {
    return { [Symbol.asyncIterator]: () => new PageItems(this.#open(callId, reference)) }
  }

  /** @throws IPC_PROTOCOL */
  onItems(id: number, page: Buffer): void {
    this.#find(id).push(page)
  }

  onEnd(id: number): void {
    this.#find(id).end(undefined)
    this.#sinks.delete(id)
  }

  onError(id: number, body: Buffer): void {
    const [thrownId, error] = readAll(body, { count: 2 })
    if (typeof thrownId === 'number') this.#options.onThrown(error, thrownId)
    this.#find(id).fail(error)
    this.#sinks.delete(id)
  }

  lose(cause: ForgeError): void {
    this.#lost = cause
    for (const sink of this.#sinks.values()) sink.fail(cause)
    this.#sinks.clear()
  }

  #open(callId: number, reference: number): StreamSink {
    const { encoder, send } = this.#options
    if (this.#lost !== undefined) throw this.#lost
    if (this.#sinks.size >= STREAMS_MAX)
      throw new ForgeError('IPC_LIMIT', `${STREAMS_MAX} streams of a client are read`, {
        details: { limit: 'STREAMS_MAX' },
      })
    do this.#lastId = (this.#lastId + 1) >>> 0
    while (this.#sinks.has(this.#lastId))
    const id = this.#lastId
    const sink = new StreamSink({
      onTaken: (bytes) => send(FRAME.PULL_CREDIT, id, encoder.add(bytes).finish()),
      onStop: () => send(FRAME.PULL_STOP, id, undefined),
    })
    this.#sinks.set(id, sink)
    send(FRAME.PULL, id, encoder.add(callId).add(reference).finish())
    return sink
  }

  #find(id: number): StreamSink {
    const sink = this.#sinks.get(id)
    if (sink === undefined) throw new ForgeError('IPC_PROTOCOL', 'a client sent a stream that nobody reads')
    return sink
  }
}
