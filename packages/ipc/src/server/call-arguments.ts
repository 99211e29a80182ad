import { ForgeError } from '@forgeone/common'
import { REFERENCES_MAX } from '../limits.ts'
import type { MethodShape } from '../shape/shape.ts'
import type { Reference, ReferencesTaken } from '../value/reference.ts'
import { REFERENCE } from '../value/tag.ts'
import type { Callbacks } from './callbacks.ts'
import type { LiveObjects } from './live-objects.ts'
import type { Pulls } from './pulls.ts'

export interface CallArgumentsOptions {
  readonly callId: number
  readonly method: MethodShape
  readonly callbacks: Callbacks
  readonly pulls: Pulls
  readonly live: LiveObjects
}

/** What stands here for the functions, signals, streams and objects among the arguments of one call. */
export class CallArguments implements ReferencesTaken {
  readonly #options: CallArgumentsOptions
  #references = 0
  readonly #signals = new Map<number, AbortController>()

  constructor(options: CallArgumentsOptions) {
    this.#options = options
  }

  get callId(): number {
    return this.#options.callId
  }

  /** @throws IPC_PROTOCOL, IPC_VALUE_INVALID */
  resolve({ kind, id, told }: Reference): unknown {
    const { callId, pulls, live } = this.#options
    if (++this.#references > REFERENCES_MAX)
      throw new ForgeError('IPC_LIMIT', `a call has more than ${REFERENCES_MAX} references`, {
        details: { limit: 'REFERENCES_MAX' },
      })
    switch (kind) {
      case REFERENCE.CALLBACK:
        return this.#callback(told)
      case REFERENCE.SIGNAL:
        return this.#signal(id, told)
      case REFERENCE.STREAM:
        return pulls.iterable(callId, id)
      case REFERENCE.OBJECT: {
        const found = live.get(id)
        // It may have been released meanwhile: to the method it is something that it does not know.
        return found === undefined ? undefined : found.object
      }
      default:
        throw new ForgeError('IPC_PROTOCOL', 'a client sent a reference of an unknown kind')
    }
  }

  /** @throws IPC_PROTOCOL */
  abort(id: number, reason: unknown): void {
    const signal = this.#signals.get(id)
    if (signal === undefined) throw new ForgeError('IPC_PROTOCOL', 'a client aborted what it never gave')
    signal.abort(reason)
  }

  /** The number of the signal that was aborted for this reason. */
  signalOf(reason: unknown): number | undefined {
    for (const [id, { signal }] of this.#signals) if (signal.aborted && signal.reason === reason) return id
    return undefined
  }

  /** Nobody waits for the call any more. */
  abortAll(cause: ForgeError): void {
    for (const signal of this.#signals.values()) signal.abort(cause)
  }

  #signal(id: number, told: unknown): AbortSignal {
    const controller = new AbortController()
    this.#signals.set(id, controller)
    // Why, when it was aborted before it was given.
    if (Array.isArray(told)) controller.abort(told[0])
    return controller.signal
  }

  #callback(path: unknown): (...args: unknown[]) => unknown {
    const { callId, method, callbacks } = this.#options
    const shapes = method.callbacks ?? {}
    const shape = typeof path === 'string' && Object.hasOwn(shapes, path) ? shapes[path] : undefined
    if (shape === undefined || typeof path !== 'string')
      throw new ForgeError('IPC_VALUE_INVALID', 'a function stands where the method takes none')
    const call = (args: readonly unknown[]): Promise<unknown> =>
      callbacks.call({ callId, path, shape }, { args, references: this })
    if (shape.gives === 'value') return async (...args) => await call(args)
    if (shape.gives === 'nothing') return this.#told(call)
    return (...args) => ({
      async *[Symbol.asyncIterator]() {
        const opened: unknown = await call(args)
        if (typeof opened !== 'object' || opened === null || !(Symbol.asyncIterator in opened))
          throw new ForgeError('IPC_VALUE_INVALID', 'a function gave no stream')
        yield* opened as AsyncIterable<unknown>
      },
    })
  }

  /** What it throws meets the next one who calls it: whoever tells does not wait, and is to hear of it. */
  #told(call: (args: readonly unknown[]) => Promise<unknown>): (...args: unknown[]) => undefined {
    let failure: { readonly error: unknown } | undefined
    return (...args) => {
      if (failure !== undefined) throw failure.error
      if (this.#options.callbacks.hasRoomToTell)
        call(args).catch((error: unknown) => {
          failure = { error }
        })
      return undefined
    }
  }
}
