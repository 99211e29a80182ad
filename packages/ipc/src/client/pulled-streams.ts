import { ForgeError } from '@forgeone/common'
import { StreamSource } from '../stream/stream-source.ts'
import { ValueEncoder } from '../value/value-encoder.ts'
import { FRAME } from '../wire/frame.ts'
import type { Wire } from '../wire/wire.ts'
import type { CallReferences } from './call-references.ts'
import { errorBody } from './error-body.ts'

/** Streams of this side that the server reads. */
export class PulledStreams {
  readonly #sources = new Map<number, StreamSource>()
  readonly #wire: Wire

  constructor(wire: Wire) {
    this.#wire = wire
  }

  /** @param references of the call that the stream was given to; undefined when that is over */
  open(
    id: number,
    o: { readonly references: CallReferences | undefined; readonly reference: unknown },
  ): void {
    const { references, reference } = o
    const source = new StreamSource({
      open: () => {
        const stream = typeof reference === 'number' ? references?.stream(reference) : undefined
        if (stream === undefined)
          throw new ForgeError('STORE_CLOSED', 'the call is over that the stream was given to')
        return stream
      },
      isPaged: () => false,
      encoder: new ValueEncoder(),
      target: {
        items: (page) => this.#wire.send(FRAME.PULLED_ITEMS, id, page),
        congestion: () => this.#wire.congestion,
        end: () => {
          this.#sources.delete(id)
          this.#wire.send(FRAME.PULLED_END, id)
        },
        fail: (error) => {
          this.#sources.delete(id)
          this.#wire.send(
            FRAME.PULLED_ERROR,
            id,
            references?.thrownBody(error) ?? errorBody({ thrownId: undefined, error }),
          )
        },
      },
    })
    this.#sources.set(id, source)
  }

  /** @throws IPC_PROTOCOL */
  credit(id: number, bytes: unknown): void {
    if (typeof bytes !== 'number' || bytes < 0)
      throw new ForgeError('IPC_PROTOCOL', 'the server sent a count that is none')
    this.#sources.get(id)?.credit(bytes)
  }

  stop(id: number): void {
    this.#sources.get(id)?.stop()
  }

  lose(cause: ForgeError): void {
    const sources = [...this.#sources.values()]
    this.#sources.clear()
    for (const source of sources) source.fail(cause)
  }
}
