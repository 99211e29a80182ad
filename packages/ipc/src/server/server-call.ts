import { ForgeError, isAbortSignal } from '@forgeone/common'
import { convertArguments } from '../shape/convert-arguments.ts'
import type { MethodShape, ObjectShape, StreamShape } from '../shape/shape.ts'
import { StreamSource } from '../stream/stream-source.ts'
import { ValueEncoder } from '../value/value-encoder.ts'
import type { CallArguments } from './call-arguments.ts'

/** What a client asked for, found in the description. */
export interface CallRequest {
  readonly id: number
  /** 0 for what the client was given at first. */
  readonly targetId: number
  readonly root: object
  readonly parts: readonly string[]
  readonly name: string
  readonly args: readonly unknown[]
  readonly method: MethodShape
  readonly callArguments: CallArguments
  /** Names of properties of a live object that are told with each answer. */
  readonly target: ObjectShape
}

/** Where a stream goes. */
export interface CallAnswers {
  congestion(): Promise<void> | undefined
  error(error: unknown): void
  items(page: Uint8Array): void
  end(value: unknown, figures: Readonly<Record<string, unknown>> | undefined): void
}

type Method = (...args: readonly unknown[]) => unknown

/** One call while it is under way. */
export class ServerCall {
  readonly bytes: number
  readonly #request: CallRequest
  #stop: AbortController | undefined
  #source: StreamSource | undefined

  constructor(request: CallRequest, bytes: number) {
    this.#request = request
    this.bytes = bytes
  }

  get isStream(): boolean {
    return this.#source !== undefined
  }

  get callArguments(): CallArguments {
    return this.#request.callArguments
  }

  get request(): CallRequest {
    return this.#request
  }

  /** Calls the method and waits for what it gives. */
  async value(): Promise<unknown> {
    return await this.#invoke()
  }

  /** Reads the property. */
  async property(): Promise<unknown> {
    return await Reflect.get(partOf(this.#request), this.#request.name)
  }

  /** Asks the stream that the method gives for a figure. */
  async figure(name: string): Promise<unknown> {
    const shape = this.#request.method.gives
    const isThere = shape.kind === 'stream' && shape.figures?.includes(name) === true
    if (!isThere) throw new ForgeError('IPC_METHOD_UNKNOWN', 'the stream has no such figure')
    return await figureOf((await this.#invoke()) as object, name)
  }

  /** Calls the method and gives its stream. */
  stream(shape: StreamShape, answers: CallAnswers): void {
    let results: object | undefined
    const figures = async (): Promise<Readonly<Record<string, unknown>> | undefined> =>
      results === undefined || shape.figures === undefined
        ? undefined
        : await figuresOf(results, shape.figures)
    let isPaged = false
    this.#source = new StreamSource({
      open: async () => {
        results = (await this.#invoke()) as object
        const pages = shape.pages === undefined ? undefined : (Reflect.get(results, shape.pages) as unknown)
        isPaged = typeof pages === 'function'
        // What the description says is iterated: what is not, throws.
        return (isPaged ? Reflect.apply(pages as Method, results, []) : results) as AsyncIterable<unknown>
      },
      isPaged: () => isPaged,
      convert: shape.convert?.give as ((item: unknown) => unknown) | undefined,
      encoder: new ValueEncoder(),
      target: {
        items: (page) => answers.items(page),
        congestion: () => answers.congestion(),
        end: (value) => {
          figures().then(
            (gathered) => answers.end(value, gathered),
            (cause: unknown) => answers.error(cause),
          )
        },
        fail: (error) => answers.error(error),
      },
    })
  }

  /** @throws IPC_PROTOCOL */
  credit(bytes: number): void {
    if (this.#source === undefined) throw new ForgeError('IPC_PROTOCOL', 'a client took of what is no stream')
    this.#source.credit(bytes)
  }

  stop(): void {
    this.#source?.stop()
    this.#stop?.abort()
  }

  /** Ends a stream that is under way. */
  fail(cause: ForgeError): void {
    this.#source?.fail(cause)
    this.#stop?.abort()
  }

  /** Nobody waits for it any more. */
  abandon(cause: ForgeError): void {
    this.callArguments.abortAll(cause)
    this.#stop?.abort(cause)
    this.#source?.stop()
  }

  #invoke(): unknown {
    const { name } = this.#request
    const target = partOf(this.#request)
    const method: unknown = Reflect.get(target, name)
    // The face of a principal lacks what is the owner's alone.
    if (typeof method !== 'function') throw new ForgeError('ACCESS_DENIED', `${name} is the owner's alone`)
    return Reflect.apply(method, target, this.#stoppable())
  }

  /** The arguments, with a signal that ends the call when the client wants no more of it. */
  #stoppable(): readonly unknown[] {
    const { method } = this.#request
    const args = convertArguments(this.#request.args, { method, how: 'take' })
    if (method.signalAt === undefined) return args
    const options = args[method.signalAt] ?? {}
    if (typeof options !== 'object') return args
    const { signal } = options as { readonly signal?: unknown }
    // What is no signal, and no object, is the method's to refuse.
    if (signal !== undefined && !isAbortSignal(signal)) return args
    this.#stop = new AbortController()
    const both = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal])
    const stoppable = [...args]
    while (stoppable.length < method.signalAt) stoppable.push(undefined)
    stoppable[method.signalAt] = { ...options, signal: both }
    return stoppable
  }
}

/** @throws ACCESS_DENIED where a principal does not have the part, and what reading it throws */
export function partOf({ root, parts }: Pick<CallRequest, 'root' | 'parts'>): object {
  let found = root
  for (const part of parts) {
    const next: unknown = Reflect.get(found, part)
    if (typeof next !== 'object' || next === null)
      throw new ForgeError('ACCESS_DENIED', `${part} is the owner's alone`)
    found = next
  }
  return found
}

async function figureOf(results: object, name: string): Promise<unknown> {
  const method: unknown = Reflect.get(results, name)
  return typeof method === 'function' ? ((await Reflect.apply(method, results, [])) as unknown) : undefined
}

async function figuresOf(
  results: object,
  names: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const figures: Record<string, unknown> = {}
  for (const name of names) figures[name] = await figureOf(results, name)
  return figures
}
