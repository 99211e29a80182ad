import type { Socket } from 'node:net'
import { callIsolated, ForgeError, type Timer } from '@forgeone/common'
import { CALL_BYTES_MAX, CALLS_IN_FLIGHT_MAX, CALLS_WAITING_MAX } from '../limits.ts'
import type { MethodShape, Shape } from '../shape/shape.ts'
import { StreamSink } from '../stream/stream-sink.ts'
import { StreamSource } from '../stream/stream-source.ts'
import { REFERENCE } from '../value/tag.ts'
import { ValueDecoder } from '../value/value-decoder.ts'
import { ValueEncoder } from '../value/value-encoder.ts'
import { FRAME } from '../wire/frame.ts'
import type { Frame } from '../wire/record-reader.ts'
import { Wire, type SessionKeys } from '../wire/wire.ts'
import { CallReferences } from './call-references.ts'
import type { CallTarget, ClientCall } from './client-call.ts'
import { errorBody } from './error-body.ts'
import { LiveReferences, type LiveFactory } from './live-references.ts'
import { runCallback } from './run-callback.ts'

/** How a connection ended. */
export interface ConnectionEnd {
  /** `closed`: by `close()`. `goodbye`: the store was closed. `lost`: neither said so. */
  readonly reason: 'closed' | 'goodbye' | 'lost'
  readonly cause: ForgeError | undefined
}

export interface ClientConnectionOptions {
  readonly socket: Socket
  readonly keys: SessionKeys
  readonly timer: Timer
}

interface Waiting {
  readonly id: number
  readonly call: ClientCall
  readonly body: Uint8Array
}

/** Half of what the server takes, so that it never has to refuse. */
const BYTES_IN_FLIGHT_MAX = CALL_BYTES_MAX / 2

/** Calls to a server, over one socket. */
export class ClientConnection {
  readonly closed: Promise<ConnectionEnd>
  readonly #socket: Socket
  readonly #wire: Wire
  readonly #calls = new Map<number, ClientCall>()
  /** Those that are done, but gave live objects: the server may still use what was among their arguments. */
  readonly #kept = new Map<number, { readonly references: CallReferences; objects: number }>()
  readonly #pulls = new Map<number, StreamSource>()
  readonly #waiting: Waiting[] = []
  readonly #ids = new WeakMap<object, number>()
  readonly #live: LiveFactory
  #lastId = 0
  #inFlight = 0
  #bytesInFlight = 0
  #liveCount = 0
  #hasGoodbye = false
  #isClosed = false
  #end: (end: ConnectionEnd) => void = () => undefined
  #onGoodbye: (() => void)[] = []

  /** @param live makes what stands for objects of the server */
  constructor({ socket, keys, timer }: ClientConnectionOptions, live: (connection: ClientConnection) => LiveFactory) {
    this.closed = new Promise((resolve) => {
      this.#end = resolve
    })
    this.#socket = socket
    this.#live = live(this)
    this.#wire = new Wire({
      socket,
      keys,
      timer,
      onFrame: (frame) => this.#onFrame(frame),
      onEnd: (cause) => this.#onEnd(cause),
    })
    this.#keepAlive()
  }

  get hasEnded(): boolean {
    return this.#wire.hasEnded
  }

  /** Whether the server has said goodbye: what begins now is refused. */
  get isClosing(): boolean {
    return this.#hasGoodbye
  }

  /** Calls back when the server says goodbye. */
  onGoodbye(listener: () => void): void {
    this.#onGoodbye.push(listener)
  }

  /** Ends the connection; what is under way is lost. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#wire.end()
    await this.closed
  }

  /** Calls a method, or reads a property. @throws what the server throws, STORE_HOST_LOST, STORE_CLOSED, OVERLOADED: as rejections */
  value(
    target: CallTarget,
    o: {
      readonly method: MethodShape
      readonly args: readonly unknown[]
      readonly gives: Shape
      readonly onChanged?: ((changed: unknown) => void) | undefined
    },
  ): Promise<unknown> {
    return new Promise((settle, fail) => {
      const { method, args, gives, onChanged } = o
      this.#begin(target, { method, args }, (rest) => ({
        ...rest,
        gives,
        fail,
        settle: (value, changed) => {
          onChanged?.(changed)
          settle(value)
        },
      }))
    })
  }

  /** Calls a method and reads the stream that it gives. */
  stream(
    target: CallTarget,
    o: {
      readonly method: MethodShape
      readonly args: readonly unknown[]
      readonly convert: ((plain: unknown) => unknown) | undefined
      readonly onFigures: ((figures: unknown) => void) | undefined
    },
  ): StreamSink {
    const { method, args, convert, onFigures } = o
    let id: number | undefined
    const sink = new StreamSink({
      onTaken: (bytes) => {
        if (!sink.hasEnded) this.#wire.send(FRAME.CREDIT, id!, new ValueEncoder().add(bytes).finish())
      },
      onStop: () => (id === undefined ? sink.end(undefined) : this.#stop(id, sink)),
      convert,
    })
    try {
      const settle = (value: unknown): void => sink.end(value)
      const fail = (error: unknown): void => sink.fail(error)
      id = this.#begin(target, { method, args }, (rest) => ({
        ...rest,
        gives: method.gives,
        settle,
        fail,
        sink,
        onFigures,
      }))
    } catch (cause) {
      sink.fail(cause)
    }
    return sink
  }

  /** Notes that something stands for an object of the server. */
  name(proxy: object, id: number): void {
    this.#ids.set(proxy, id)
  }

  /** The same, and that it is held until it is released. */
  hold(proxy: object, { id, callId }: { readonly id: number; readonly callId: number | undefined }): void {
    this.name(proxy, id)
    this.#liveCount++
    this.#keepAlive()
    const kept = callId === undefined ? undefined : this.#kept.get(callId)
    if (kept !== undefined) kept.objects++
  }

  /** The object is needed no more. @param isTold whether the server knows already */
  release(o: { readonly id: number; readonly callId: number | undefined; readonly isTold: boolean }): void {
    this.#liveCount--
    if (!o.isTold) this.#wire.send(FRAME.RELEASE, o.id)
    const kept = o.callId === undefined ? undefined : this.#kept.get(o.callId)
    if (kept !== undefined && --kept.objects === 0) {
      kept.references.free()
      this.#kept.delete(o.callId!)
    }
    this.#keepAlive()
  }

  #begin(
    { targetId, path, use, name, figure }: CallTarget,
    o: { readonly method: MethodShape; readonly args: readonly unknown[] },
    make: (rest: { readonly references: CallReferences; readonly bytes: number }) => ClientCall,
  ): number {
    this.#assertOpen(targetId)
    const id = this.#freeId()
    const references = new CallReferences({
      ...o,
      idOf: (value) => this.#ids.get(value),
      onAbort: (reference, reason) => this.#abort(id, { reference, reason }),
    })
    let body: Uint8Array
    try {
      const names = new ValueEncoder(references).add(targetId).add(path).add(use).add(name).add(figure)
      body = names.add(o.args).finish()
    } catch (cause) {
      references.free()
      throw cause
    }
    const call = make({ references, bytes: body.length })
    this.#calls.set(id, call)
    if (call.sink !== undefined) call.frame = this.#wire.send(FRAME.CALL, id, body)
    // A call of something that lives at the server may be what another one waits for.
    else if (targetId !== 0 || this.#hasRoom(body.length)) this.#send({ id, call, body })
    else this.#waiting.push({ id, call, body })
    this.#keepAlive()
    return id
  }

  #assertOpen(targetId: number): void {
    if (this.#wire.hasEnded) throw this.#lostError(false)
    if (this.#hasGoodbye && targetId === 0) throw new ForgeError('STORE_CLOSED', 'the store is closing')
    if (this.#waiting.length >= CALLS_WAITING_MAX)
      throw new ForgeError('OVERLOADED', `${CALLS_WAITING_MAX} calls wait for earlier ones`)
  }

  #hasRoom(bytes: number): boolean {
    if (this.#inFlight === 0) return true
    return this.#inFlight < CALLS_IN_FLIGHT_MAX / 2 && this.#bytesInFlight + bytes <= BYTES_IN_FLIGHT_MAX
  }

  #send({ id, call, body }: Waiting): void {
    this.#inFlight++
    this.#bytesInFlight += body.length
    call.frame = this.#wire.send(FRAME.CALL, id, body)
  }

  /** The call is over. @returns it */
  #done(id: number): ClientCall {
    const call = this.#calls.get(id)
    if (call === undefined) throw new ForgeError('IPC_PROTOCOL', 'the server answered what was not asked')
    this.#calls.delete(id)
    if (call.sink === undefined) {
      this.#inFlight--
      this.#bytesInFlight -= call.bytes
      for (let next = this.#waiting[0]; next !== undefined && this.#hasRoom(next.body.length); next = this.#waiting[0]) {
        this.#waiting.shift()
        this.#send(next)
      }
    }
    return call
  }

  #onFrame({ kind, id, body }: Frame): void {
    switch (kind) {
      case FRAME.RESULT:
        return this.#onResult(id, body)
      case FRAME.ERROR:
        return this.#onError(id, body)
      case FRAME.ITEMS:
        return this.#sinkOf(id).push(body)
      case FRAME.END:
        return this.#onStreamEnd(id, body)
      case FRAME.CALLBACK:
        return this.#onCallback(id, body)
      case FRAME.PULL:
        return this.#onPull(id, body)
      case FRAME.PULL_CREDIT:
        return this.#pulls.get(id)?.credit(new ValueDecoder(body).next() as number)
      case FRAME.PULL_STOP:
        return this.#pulls.get(id)?.stop()
      case FRAME.GOODBYE:
        return this.#sayGoodbye()
      default:
        throw new ForgeError('IPC_PROTOCOL', 'the server sent a frame of a kind that servers do not send')
    }
  }

  #onResult(id: number, body: Buffer): void {
    const call = this.#done(id)
    const taken = new LiveReferences(call.references.takenErrors)
    const decoder = new ValueDecoder(body, taken)
    const value = decoder.next()
    const changed = decoder.next()
    decoder.finish()
    if (taken.count > 0) this.#kept.set(id, { references: call.references, objects: 0 })
    else call.references.free()
    let settled: unknown
    try {
      settled = taken.place(value, { shape: call.gives, make: this.#live, callId: id, scope: undefined })
      taken.finish()
    } catch (cause) {
      call.fail(cause)
      return
    }
    call.settle(settled, changed)
    this.#keepAlive()
  }

  #onError(id: number, body: Buffer): void {
    const call = this.#done(id)
    const decoder = new ValueDecoder(body, call.references.takenErrors)
    const error = decoder.next()
    decoder.finish()
    call.references.free()
    call.fail(error)
    this.#keepAlive()
  }

  #sinkOf(id: number): StreamSink {
    const sink = this.#calls.get(id)?.sink
    if (sink === undefined) throw new ForgeError('IPC_PROTOCOL', 'the server sent a stream that was not asked for')
    return sink
  }

  #onStreamEnd(id: number, body: Buffer): void {
    this.#sinkOf(id)
    const call = this.#done(id)
    const decoder = new ValueDecoder(body)
    const value = decoder.next()
    const figures = decoder.next()
    decoder.finish()
    call.references.free()
    call.onFigures?.(figures)
    call.settle(value, undefined)
    this.#keepAlive()
  }

  #onCallback(id: number, body: Buffer): void {
    const taken = new LiveReferences()
    const decoder = new ValueDecoder(body, taken)
    const [callId, path, args] = [1, 2, 3].map(() => decoder.next())
    decoder.finish()
    const references = this.#referencesOf(callId)
    const send = (kind: number, answer: Uint8Array): void => void this.#wire.send(kind, id, answer)
    void runCallback({ references, path, args, taken, make: this.#live, send })
  }

  #onPull(id: number, body: Buffer): void {
    const decoder = new ValueDecoder(body)
    const callId = decoder.next()
    const reference = decoder.next()
    decoder.finish()
    const references = this.#referencesOf(callId)
    const fail = (error: unknown): void => {
      this.#pulls.delete(id)
      this.#wire.send(FRAME.PULLED_ERROR, id, references?.thrownBody(error) ?? errorBody(undefined, error))
    }
    const source = new StreamSource({
      open: () => {
        const stream = references?.stream(reference as number)
        if (stream === undefined) throw new ForgeError('STORE_CLOSED', 'the call is over that the stream was given to')
        return stream
      },
      isPaged: () => false,
      encoder: new ValueEncoder(),
      target: {
        items: (page) => this.#wire.send(FRAME.PULLED_ITEMS, id, page),
        end: () => {
          this.#pulls.delete(id)
          this.#wire.send(FRAME.PULLED_END, id)
        },
        fail,
      },
    })
    this.#pulls.set(id, source)
  }

  #referencesOf(callId: unknown): CallReferences | undefined {
    if (typeof callId !== 'number') throw new ForgeError('IPC_PROTOCOL', 'the server named no call')
    return this.#calls.get(callId)?.references ?? this.#kept.get(callId)?.references
  }

  #abort(id: number, { reference, reason }: { readonly reference: number; readonly reason: unknown }): void {
    const waiting = this.#waiting.findIndex((each) => each.id === id)
    if (waiting >= 0) {
      // It was not sent: what the method would have thrown.
      const [{ call }] = this.#waiting.splice(waiting, 1) as [Waiting]
      this.#calls.delete(id)
      call.fail(call.references.takenErrors.resolve({ kind: REFERENCE.REASON, id: reference, told: undefined }))
      return
    }
    const encoder = new ValueEncoder()
    let body: Uint8Array
    try {
      body = encoder.add(reference).add(reason).finish()
    } catch {
      body = encoder.add(reference).add(undefined).finish()
    }
    this.#wire.send(FRAME.ABORT, id, body)
  }

  #stop(id: number, sink: StreamSink): void {
    if (this.#wire.hasEnded) sink.end(undefined)
    else this.#wire.send(FRAME.STOP, id)
  }

  #sayGoodbye(): void {
    this.#hasGoodbye = true
    const closed = new ForgeError('STORE_CLOSED', 'the store is closing')
    for (const { id, call } of this.#waiting.splice(0)) {
      this.#calls.delete(id)
      call.references.free()
      call.fail(closed)
    }
    for (const listener of this.#onGoodbye) callIsolated(listener)
  }

  #lostError(isSent: boolean, cause?: ForgeError): ForgeError {
    if (this.#isClosed) return new ForgeError('STORE_CLOSED', 'the connection was closed')
    const options = { details: { outcome: isSent ? 'unknown' : 'not-sent' } }
    return new ForgeError(
      'STORE_HOST_LOST',
      'the process that has the store is gone',
      cause === undefined ? options : { ...options, cause },
    )
  }

  #onEnd(cause: ForgeError | undefined): void {
    const handedOver = this.#wire.framesHandedOver
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    this.#waiting.length = 0
    const lost = this.#lostError(true, cause)
    for (const call of calls) {
      call.references.free()
      const isSent = call.frame !== undefined && call.frame <= handedOver
      call.fail(this.#lostError(isSent, cause))
    }
    for (const { references } of this.#kept.values()) references.free()
    this.#kept.clear()
    for (const source of this.#pulls.values()) source.fail(lost)
    this.#pulls.clear()
    const reason = this.#isClosed ? 'closed' : this.#hasGoodbye ? 'goodbye' : 'lost'
    this.#end({ reason, cause })
  }

  /** A process that waits for nothing of the server is not kept from ending. */
  #keepAlive(): void {
    if (this.#calls.size + this.#liveCount > 0) this.#socket.ref()
    else this.#socket.unref()
  }

  #freeId(): number {
    do this.#lastId = this.#lastId === 0xffff_ffff >>> 1 ? 1 : this.#lastId + 1
    while (this.#calls.has(this.#lastId) || this.#kept.has(this.#lastId))
    return this.#lastId
  }
}
