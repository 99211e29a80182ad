import { isAbortSignal } from '@forgeone/common'
import type { MethodShape } from '../shape/shape.ts'
import type { Reference, ReferencesGiven, ReferencesTaken } from '../value/reference.ts'
import { REFERENCE } from '../value/tag.ts'
import { errorBody } from './error-body.ts'

/** Of the errors that callbacks and streams of one call threw last: any of them may come back. */
const THROWN_MAX = 256

export interface CallReferencesOptions {
  readonly method: MethodShape
  readonly args: readonly unknown[]
  /** The id of an object that lives at the server. */
  readonly idOf: (value: object) => number | undefined
  readonly onAbort: (reference: number, reason: unknown) => void
}

/** Functions, signals and streams among the arguments of one call, as long as the server may use them. */
export class CallReferences implements ReferencesGiven {
  readonly #options: CallReferencesOptions
  /** Signals and streams, by their numbers. */
  readonly #given: object[] = []
  readonly #callbacks = new Map<string, (...args: unknown[]) => unknown>()
  readonly #thrown = new Map<number, unknown>()
  #lastThrown = 0
  readonly #unlisten: (() => void)[] = []

  constructor(options: CallReferencesOptions) {
    this.#options = options
  }

  get method(): MethodShape {
    return this.#options.method
  }

  refer(value: object): Reference | undefined {
    if (typeof value === 'function') return this.#referCallback(value as (...args: unknown[]) => unknown)
    const id = this.#options.idOf(value)
    if (id !== undefined) return { kind: REFERENCE.OBJECT, id, told: undefined }
    if (isAbortSignal(value)) return this.#referSignal(value)
    if (Symbol.asyncIterator in value) {
      return { kind: REFERENCE.STREAM, id: this.#given.push(value) - 1, told: undefined }
    }
    return undefined
  }

  get hasCallbacks(): boolean {
    return this.#callbacks.size > 0
  }

  callback(path: string): ((...args: unknown[]) => unknown) | undefined {
    return this.#callbacks.get(path)
  }

  stream(reference: number): AsyncIterable<unknown> | undefined {
    const given = this.#given[reference]
    return given !== undefined && Symbol.asyncIterator in given
      ? (given as AsyncIterable<unknown>)
      : undefined
  }

  /** The body of a frame that tells of an error of a callback or stream. */
  thrownBody(error: unknown): Uint8Array {
    return errorBody({ thrownId: this.#keepThrown(error), error })
  }

  /** Keeps it, so that whoever made the call gets that very error. */
  #keepThrown(error: unknown): number {
    const id = ++this.#lastThrown
    this.#thrown.set(id, error)
    if (this.#thrown.size > THROWN_MAX) this.#thrown.delete(id - THROWN_MAX)
    return id
  }

  /** What an error of the server refers to. */
  get takenErrors(): ReferencesTaken {
    return {
      resolve: ({ kind, id }) => {
        if (kind === REFERENCE.THROWN) return this.#thrown.get(id)
        const signal = this.#given[id]
        return kind === REFERENCE.REASON && isAbortSignal(signal) ? (signal.reason as unknown) : undefined
      },
    }
  }

  /** Nobody at the server uses them any more. */
  free(): void {
    for (const unlisten of this.#unlisten) unlisten()
    this.#unlisten.length = 0
  }

  #referSignal(signal: AbortSignal): Reference {
    const id = this.#given.push(signal) - 1
    // In a list, so that `undefined` is a reason too.
    if (signal.aborted) return { kind: REFERENCE.SIGNAL, id, told: [plainReason(signal.reason)] }
    const abort = (): void => this.#options.onAbort(id, plainReason(signal.reason))
    signal.addEventListener('abort', abort, { once: true })
    this.#unlisten.push(() => signal.removeEventListener('abort', abort))
    return { kind: REFERENCE.SIGNAL, id, told: undefined }
  }

  #referCallback(callback: (...args: unknown[]) => unknown): Reference | undefined {
    const { method, args } = this.#options
    for (const path of Object.keys(method.callbacks ?? {})) {
      if (this.#callbacks.has(path) || at(args, path) !== callback) continue
      this.#callbacks.set(path, callback)
      return { kind: REFERENCE.CALLBACK, id: 0, told: path }
    }
    return undefined
  }
}

/** The argument at a place such as `1` or `0.handler`. */
function at(args: readonly unknown[], path: string): unknown {
  let found: unknown = args
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = Reflect.get(found, name)
  }
  return found
}

/** The reason comes back as a reference: what the server sees of it is for its messages alone. */
function plainReason(reason: unknown): unknown {
  const isPlain = typeof reason === 'string' || typeof reason === 'number' || reason === undefined
  if (isPlain || Object.prototype.toString.call(reason) === '[object DOMException]') return reason
  return Object.prototype.toString.call(reason) === '[object Error]' ? reason : new Error('aborted')
}
