import { ForgeError } from '@forgeone/common'
import { CALLBACKS_MAX } from '../limits.ts'
import type { CallbackShape } from '../shape/shape.ts'
import type { ReferencesTaken } from '../value/reference.ts'
import { readAll } from '../value/value-decoder.ts'
import type { ValueEncoder } from '../value/value-encoder.ts'
import { FRAME } from '../wire/frame.ts'
import { marked, type LiveObjects } from './live-objects.ts'

/** Hearing of progress has to wait for nobody; while so many are unheard, further ones are left out. */
const TOLD_MAX = 1024

export interface CallbacksOptions {
  readonly encoder: ValueEncoder
  readonly live: LiveObjects
  readonly send: (kind: number, id: number, body: Uint8Array) => void
  /** Told of an error that came from the client, so that it is known when it goes back. */
  readonly onThrown: (error: unknown, thrownId: number) => void
}

interface Pending {
  readonly settle: (result: unknown) => void
  readonly fail: (error: unknown) => void
  readonly references: ReferencesTaken
  readonly scope: Set<number>
}

/** Calls of functions that live at the client. */
export class Callbacks {
  readonly #options: CallbacksOptions
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #lost: ForgeError | undefined

  constructor(options: CallbacksOptions) {
    this.#options = options
  }

  /** @throws IPC_LIMIT, IPC_VALUE_INVALID, STORE_HOST_LOST: as rejections */
  call(
    {
      callId,
      path,
      shape,
    }: { readonly callId: number; readonly path: string; readonly shape: CallbackShape },
    { args, references }: { readonly args: readonly unknown[]; readonly references: ReferencesTaken },
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) throw this.#lost
      if (this.#pending.size >= CALLBACKS_MAX)
        throw new ForgeError('IPC_LIMIT', `${CALLBACKS_MAX} callbacks of a client are under way`, {
          details: { limit: 'CALLBACKS_MAX' },
        })
      const scope = new Set<number>()
      const { encoder, send } = this.#options
      const given = args.map((each, place) => {
        const gets = shape.gets?.[place]
        return gets === undefined ? each : marked(each, gets, { scope })
      })
      const body = encoder.add(callId).add(path).add(given).finish()
      const id = this.#freeId()
      this.#pending.set(id, { settle: resolve, fail: reject, references, scope })
      send(FRAME.CALLBACK, id, body)
    })
  }

  get hasRoomToTell(): boolean {
    return this.#pending.size < TOLD_MAX && this.#lost === undefined
  }

  /** @throws IPC_PROTOCOL */
  onResult(id: number, body: Buffer): void {
    const pending = this.#find(id)
    const [result] = readAll(body, { count: 1, references: pending.references })
    this.#done(id, pending)
    pending.settle(result)
  }

  /** @throws IPC_PROTOCOL */
  onError(id: number, body: Buffer): void {
    const pending = this.#find(id)
    const [thrownId, error] = readAll(body, { count: 2 })
    this.#done(id, pending)
    if (typeof thrownId === 'number') this.#options.onThrown(error, thrownId)
    pending.fail(error)
  }

  lose(cause: ForgeError): void {
    this.#lost = cause
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { fail } of pending) fail(cause)
  }

  #find(id: number): Pending {
    const pending = this.#pending.get(id)
    if (pending === undefined) throw new ForgeError('IPC_PROTOCOL', 'a client answered what was not asked')
    return pending
  }

  #done(id: number, { scope }: Pending): void {
    this.#pending.delete(id)
    for (const object of scope) this.#options.live.release(object)
  }

  #freeId(): number {
    do this.#lastId = (this.#lastId + 1) >>> 0
    while (this.#pending.has(this.#lastId))
    return this.#lastId
  }
}
