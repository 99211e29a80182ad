import type { Socket } from 'node:net'
import { callIsolated, ForgeError, type Timer } from '@forgeone/common'
import { convertArguments } from '../shape/convert-arguments.ts'
import type { MethodShape, Shape } from '../shape/shape.ts'
import { StreamSink } from '../stream/stream-sink.ts'
import { REFERENCE } from '../value/tag.ts'
import { readAll } from '../value/value-decoder.ts'
import { ValueEncoder } from '../value/value-encoder.ts'
import { FRAME } from '../wire/frame.ts'
import type { Frame } from '../wire/record-reader.ts'
import { Wire, type SessionKeys } from '../wire/wire.ts'
import { CallQueue } from './call-queue.ts'
import { CallReferences } from './call-references.ts'
import type { CallTarget, ClientCall } from './client-call.ts'
import { HeldObjects, type HeldObject } from './held-objects.ts'
import { LiveReferences, type LiveFactory } from './live-references.ts'
import { PulledStreams } from './pulled-streams.ts'
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

/** Numbers of calls go around: they stand in messages as well, where whole numbers have 31 bits. */
const CALL_ID_MAX = 0x7fff_ffff

/** Calls to a server, over one socket. */
export class ClientConnection {
  readonly closed: Promise<ConnectionEnd>
  readonly #socket: Socket
  readonly #wire: Wire
  readonly #calls = new Map<number, ClientCall>()
  readonly #queue: CallQueue
  readonly #held = new HeldObjects()
  readonly #pulled: PulledStreams
  readonly #live: LiveFactory
  #lastId = 0
  #hasGoodbye = false
  #isClosed = false
  /** Whether the socket keeps the process from ending, as it does when it is opened. */
  #isAwaited = true
  #end: (end: ConnectionEnd) => void = () => undefined
  #onGoodbye: (() => void)[] = []

  /** @param live makes what stands for objects of the server */
  constructor(
    { socket, keys, timer }: ClientConnectionOptions,
    live: (connection: ClientConnection) => LiveFactory,
  ) {
    this.closed = new Promise((resolve) => {
      this.#end = resolve
    })
    this.#socket = socket
    this.#queue = new CallQueue(({ id, call, body }) => {
      call.frame = this.#wire.send(FRAME.CALL, id, body)
    })
    this.#live = live(this)
    this.#wire = new Wire({
      socket,
      keys,
      timer,
      onFrame: (frame) => this.#onFrame(frame),
      onEnd: (cause) => this.#onEnd(cause),
    })
    this.#pulled = new PulledStreams(this.#wire)
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
    this.#held.name(proxy, id)
  }

  /** The same, and that it is held until it is released. */
  hold(proxy: object, held: HeldObject): void {
    this.#held.name(proxy, held.id)
    this.#held.hold(proxy, held)
    this.#keepAlive()
  }

  /** The object is needed no more. @param isTold whether the server knows already */
  release(held: HeldObject, { isTold }: { readonly isTold: boolean }): void {
    if (this.#wire.hasEnded) return
    if (!isTold) this.#wire.send(FRAME.RELEASE, held.id)
    this.#held.release(held)
    this.#keepAlive()
  }

  #begin(
    { targetId, path, use, name, figure }: CallTarget,
    o: { readonly method: MethodShape; readonly args: readonly unknown[] },
    make: (rest: { readonly references: CallReferences; readonly bytes: number }) => ClientCall,
  ): number {
    this.#assertOpen(targetId)
    const id = this.#freeId()
    const args = convertArguments(o.args, { method: o.method, how: 'give' })
    const references = new CallReferences({
      method: o.method,
      args,
      idOf: (value) => this.#held.idOf(value),
      onAbort: (reference, reason) => this.#abort(id, { reference, reason }),
    })
    let body: Uint8Array
    try {
      const names = new ValueEncoder(references).add(targetId).add(path).add(use).add(name).add(figure)
      body = names.add(args).finish()
    } catch (cause) {
      references.free()
      throw cause
    }
    const call = make({ references, bytes: body.length })
    this.#calls.set(id, call)
    if (call.sink !== undefined) call.frame = this.#wire.send(FRAME.CALL, id, body)
    else this.#queue.add({ id, call, body }, { isUrgent: targetId !== 0 })
    this.#keepAlive()
    return id
  }

  #assertOpen(targetId: number): void {
    if (this.#wire.hasEnded) throw this.#lostError(false)
    if (this.#hasGoodbye && targetId === 0) throw new ForgeError('STORE_CLOSED', 'the store is closing')
    this.#queue.assertRoom()
  }

  /** Read what came for it before it is taken away: who waits for it is told when that cannot be read. */
  #callOf(id: number): ClientCall {
    const call = this.#calls.get(id)
    if (call === undefined) throw new ForgeError('IPC_PROTOCOL', 'the server answered what was not asked')
    return call
  }

  #done(id: number, call: ClientCall): void {
    this.#calls.delete(id)
    if (call.sink === undefined) this.#queue.done(call.bytes)
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
        return this.#pulled.credit(id, readAll(body, { count: 1 })[0])
      case FRAME.PULL_STOP:
        return this.#pulled.stop(id)
      case FRAME.GOODBYE:
        return this.#sayGoodbye()
      default:
        throw new ForgeError('IPC_PROTOCOL', 'the server sent a frame of a kind that servers do not send')
    }
  }

  #onResult(id: number, body: Buffer): void {
    const call = this.#callOf(id)
    const taken = new LiveReferences(call.references.takenErrors)
    const [value, changed] = readAll(body, { count: 2, references: taken })
    this.#done(id, call)
    if (taken.count > 0) this.#held.keep(id, call.references)
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
    const call = this.#callOf(id)
    const [error] = readAll(body, { count: 1, references: call.references.takenErrors })
    this.#done(id, call)
    call.references.free()
    call.fail(error)
    this.#keepAlive()
  }

  #sinkOf(id: number): StreamSink {
    const { sink } = this.#callOf(id)
    if (sink === undefined) throw new ForgeError('IPC_PROTOCOL', 'the server sent a stream of what has none')
    return sink
  }

  #onStreamEnd(id: number, body: Buffer): void {
    const sink = this.#sinkOf(id)
    const call = this.#callOf(id)
    const [value, figures] = readAll(body, { count: 2 })
    this.#done(id, call)
    call.references.free()
    call.onFigures?.(figures)
    sink.end(value)
    this.#keepAlive()
  }

  #onCallback(id: number, body: Buffer): void {
    const taken = new LiveReferences()
    const [callId, path, args] = readAll(body, { count: 3, references: taken })
    const references = this.#referencesOf(callId)
    const send = (kind: number, answer: Uint8Array): void => void this.#wire.send(kind, id, answer)
    void runCallback({ references, path, args, taken, make: this.#live, send })
  }

  #onPull(id: number, body: Buffer): void {
    const [callId, reference] = readAll(body, { count: 2 })
    this.#pulled.open(id, { references: this.#referencesOf(callId), reference })
  }

  #referencesOf(callId: unknown): CallReferences | undefined {
    if (typeof callId !== 'number') throw new ForgeError('IPC_PROTOCOL', 'the server named no call')
    return this.#calls.get(callId)?.references ?? this.#held.referencesOf(callId)
  }

  #abort(id: number, { reference, reason }: { readonly reference: number; readonly reason: unknown }): void {
    const withdrawn = this.#queue.withdraw(id)
    if (withdrawn !== undefined) {
      // It was not sent: what the method would have thrown.
      this.#calls.delete(id)
      const { references, fail } = withdrawn.call
      fail(references.takenErrors.resolve({ kind: REFERENCE.REASON, id: reference, told: undefined }))
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
    for (const { id, call } of this.#queue.withdrawAll()) {
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
    this.#queue.withdrawAll()
    const lost = this.#lostError(true, cause)
    for (const call of calls) {
      call.references.free()
      const isSent = call.frame !== undefined && call.frame <= handedOver
      call.fail(this.#lostError(isSent, cause))
    }
    this.#held.free()
    this.#pulled.lose(lost)
    const reason = this.#isClosed ? 'closed' : this.#hasGoodbye ? 'goodbye' : 'lost'
    this.#end({ reason, cause })
  }

  /** A process that waits for nothing of the server is not kept from ending. */
  #keepAlive(): void {
    const isAwaited = this.#calls.size + this.#held.count > 0
    if (isAwaited === this.#isAwaited) return
    this.#isAwaited = isAwaited
    if (isAwaited) this.#socket.ref()
    else this.#socket.unref()
  }

  #freeId(): number {
    do this.#lastId = this.#lastId === CALL_ID_MAX ? 1 : this.#lastId + 1
    while (this.#calls.has(this.#lastId) || this.#held.referencesOf(this.#lastId) !== undefined)
    return this.#lastId
  }
}
