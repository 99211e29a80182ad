import type { Socket } from 'node:net'
import { ForgeError, type Timer } from '@forgeone/common'
import type { Admitted, Identity } from '../handshake/server-handshake.ts'
import { CALL_BYTES_MAX, CALLS_IN_FLIGHT_MAX, STREAMS_MAX, UNSENT_BYTES_MAX } from '../limits.ts'
import { findMethod, findPart, unknownMethod } from '../shape/find-method.ts'
import { VALUE_METHOD, type MethodShape, type ObjectShape } from '../shape/shape.ts'
import type { Reference } from '../value/reference.ts'
import { REFERENCE } from '../value/tag.ts'
import { readAll, ValueDecoder } from '../value/value-decoder.ts'
import { ValueEncoder } from '../value/value-encoder.ts'
import { FRAME } from '../wire/frame.ts'
import type { Frame } from '../wire/record-reader.ts'
import { USE } from '../wire/use.ts'
import { Wire } from '../wire/wire.ts'
import { CallArguments } from './call-arguments.ts'
import { Callbacks } from './callbacks.ts'
import { LiveMark, LiveObjects, loseGiven, marked, propertiesOf } from './live-objects.ts'
import { Pulls } from './pulls.ts'
import { partOf, ServerCall } from './server-call.ts'

/** One client, as it is shown. */
export interface ConnectionInfo {
  readonly id: number
  readonly identity: Identity
  /** As the client told it. */
  readonly pid: number
  /** Wall time, in milliseconds since 1970. */
  readonly since: number
  /** Calls since then, and those under way, streams included. */
  readonly calls: number
  readonly callsInFlight: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly liveObjects: number
}

export interface ServerConnectionOptions {
  readonly id: number
  readonly socket: Socket
  readonly admitted: Admitted
  readonly since: number
  readonly description: ObjectShape
  /** What the client is given. */
  readonly root: object
  readonly timer: Timer
  readonly onEnd: (cause: ForgeError | undefined) => void
}

/** Serves one client. */
export class ServerConnection {
  readonly #options: ServerConnectionOptions
  readonly #wire: Wire
  readonly #live = new LiveObjects()
  readonly #calls = new Map<number, ServerCall>()
  readonly #callbacks: Callbacks
  readonly #pulls: Pulls
  /** Errors that came from the client, by the number under which it still has them. */
  readonly #thrown = new WeakMap<object, number>()
  readonly #encoder: ValueEncoder
  #callCount = 0
  #valueCalls = 0
  #callBytes = 0
  #isClosing = false
  #onIdle: (() => void) | undefined

  constructor(options: ServerConnectionOptions) {
    this.#options = options
    this.#encoder = new ValueEncoder({ refer: (value) => this.#refer(value) })
    const send = (kind: number, id: number, body?: Uint8Array): void => void this.#wire.send(kind, id, body)
    const onThrown = (error: unknown, thrownId: number): void => {
      if (typeof error === 'object' && error !== null) this.#thrown.set(error, thrownId)
    }
    this.#callbacks = new Callbacks({ encoder: this.#encoder, live: this.#live, send, onThrown })
    this.#pulls = new Pulls({ encoder: this.#encoder, send, onThrown })
    const { socket, admitted, timer } = options
    this.#wire = new Wire({
      socket,
      keys: admitted.keys,
      timer,
      unsentBytesMax: UNSENT_BYTES_MAX,
      onFrame: (frame) => this.#onFrame(frame),
      onEnd: (cause) => this.#onEnd(cause),
    })
  }

  info(): ConnectionInfo {
    const { id, admitted, since } = this.#options
    return {
      id,
      identity: admitted.identity,
      pid: admitted.pid,
      since,
      calls: this.#callCount,
      callsInFlight: this.#calls.size,
      bytesIn: this.#wire.bytesIn,
      bytesOut: this.#wire.bytesOut,
      liveObjects: this.#live.count,
    }
  }

  /** Says goodbye: no call begins any more, streams end, and this settles when no call is under way. */
  async drain(): Promise<void> {
    if (this.#wire.hasEnded) return
    this.#isClosing = true
    this.#wire.send(FRAME.GOODBYE, 0)
    this.#live.sayGoodbye()
    for (const call of this.#calls.values()) {
      if (call.isStream) call.fail(new ForgeError('STORE_CLOSED', 'the store was closed'))
    }
    if (this.#calls.size === 0) return
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
  }

  end(): void {
    this.#wire.end()
  }

  destroy(cause: ForgeError): void {
    this.#wire.destroy(cause)
  }

  #onFrame({ kind, id, body }: Frame): void {
    switch (kind) {
      case FRAME.CALL:
        return this.#onCall(id, body)
      case FRAME.CREDIT:
        return this.#calls.get(id)?.credit(countOf(body))
      case FRAME.STOP:
        return this.#calls.get(id)?.stop()
      case FRAME.ABORT:
        return this.#onAbort(id, body)
      case FRAME.CALLBACK_RESULT:
        return this.#callbacks.onResult(id, body)
      case FRAME.CALLBACK_ERROR:
        return this.#callbacks.onError(id, body)
      case FRAME.PULLED_ITEMS:
        return this.#pulls.onItems(id, body)
      case FRAME.PULLED_END:
        return this.#pulls.onEnd(id)
      case FRAME.PULLED_ERROR:
        return this.#pulls.onError(id, body)
      case FRAME.RELEASE:
        return this.#live.forget(id)
      default:
        throw new ForgeError('IPC_PROTOCOL', 'a client sent a frame of a kind that clients do not send')
    }
  }

  #onCall(id: number, body: Buffer): void {
    if (this.#calls.has(id))
      throw new ForgeError('IPC_PROTOCOL', 'a client used the number of a call that is under way')
    this.#callCount++
    try {
      this.#begin(id, body)
    } catch (cause) {
      // What was malformed ends the connection; what was refused is answered.
      if (cause instanceof ForgeError && cause.code === 'IPC_PROTOCOL') throw cause
      this.#answerError(id, cause)
    }
  }

  #begin(id: number, body: Buffer): void {
    const decoder = new ValueDecoder(body)
    const [targetId, path, use, name, figure] = [1, 2, 3, 4, 5].map(() => decoder.next())
    if (typeof targetId !== 'number' || typeof path !== 'string' || typeof name !== 'string')
      throw new ForgeError('IPC_PROTOCOL', 'a client sent a call without names')
    const { object: root, shape } = this.#targetOf(targetId)
    const { shape: target, parts } = findPart(shape, path)
    const isProperty = use === USE.PROPERTY
    if (isProperty && target.asked?.includes(name) !== true) throw unknownMethod(name)
    const method = isProperty ? VALUE_METHOD : findMethod(target, name)
    this.#admit(body.length)
    const callArguments = this.#argumentsOf(id, method)
    decoder.resolveWith(callArguments)
    const args = decoder.next()
    decoder.finish()
    if (!Array.isArray(args)) throw new ForgeError('IPC_PROTOCOL', 'a client sent a call without arguments')
    const request = { id, targetId, root, parts, name, args, method, callArguments, target }
    const call = new ServerCall(request, body.length)
    if (isProperty) this.#settle(call, call.property())
    else if (use === USE.FIGURE) this.#settle(call, call.figure(String(figure)))
    else if (method.gives.kind === 'stream') this.#stream(call)
    else this.#settle(call, call.value())
  }

  #argumentsOf(callId: number, method: MethodShape): CallArguments {
    return new CallArguments({
      callId,
      method,
      callbacks: this.#callbacks,
      pulls: this.#pulls,
      live: this.#live,
    })
  }

  #targetOf(id: number): { readonly object: object; readonly shape: ObjectShape } {
    if (id !== 0) {
      const found = this.#live.get(id)
      // It was released, or was never there.
      if (found === undefined) throw new ForgeError('STORE_CLOSED', 'the object that is called was closed')
      return found
    }
    if (this.#isClosing) throw new ForgeError('STORE_CLOSED', 'the store is closing')
    return { object: this.#options.root, shape: this.#options.description }
  }

  /** @throws OVERLOADED */
  #admit(bytes: number): void {
    const isFull =
      this.#valueCalls >= CALLS_IN_FLIGHT_MAX ||
      this.#calls.size - this.#valueCalls + this.#pulls.count >= STREAMS_MAX ||
      this.#callBytes + bytes > CALL_BYTES_MAX
    if (isFull) throw new ForgeError('OVERLOADED', 'too many calls of a client are under way')
  }

  #settle(call: ServerCall, outcome: Promise<unknown>): void {
    const { id, targetId, method, target, name, callArguments } = call.request
    this.#valueCalls++
    this.#add(call)
    const done = (): void => {
      this.#valueCalls--
      this.#remove(call)
    }
    outcome.then(
      (value) => {
        done()
        if (this.#wire.hasEnded) loseGiven(value, method.gives)
        this.#answer(id, () => {
          // Told as they are now, behind what the method did.
          const changed =
            target.changing === undefined
              ? undefined
              : propertiesOf(partOf(call.request), target, target.changing)
          return this.#encoder
            .add(marked(value, method.gives, { call: callArguments }))
            .add(changed)
            .finish()
        })
        if (target.releasedBy?.includes(name) === true) this.#live.release(targetId)
      },
      (cause: unknown) => {
        done()
        this.#answerError(id, cause, call)
      },
    )
  }

  #stream(call: ServerCall): void {
    const { id, method } = call.request
    if (method.gives.kind !== 'stream') return
    this.#add(call)
    call.stream(method.gives, {
      congestion: () => this.#wire.congestion,
      items: (page) => this.#wire.send(FRAME.ITEMS, id, page),
      end: (value, figures) => {
        this.#remove(call)
        this.#answer(id, () => this.#encoder.add(value).add(figures).finish(), FRAME.END)
      },
      error: (cause) => {
        this.#remove(call)
        this.#answerError(id, cause, call)
      },
    })
  }

  #add(call: ServerCall): void {
    this.#calls.set(call.request.id, call)
    this.#callBytes += call.bytes
  }

  #remove(call: ServerCall): void {
    this.#calls.delete(call.request.id)
    this.#callBytes -= call.bytes
    if (this.#calls.size === 0) this.#onIdle?.()
  }

  #answer(id: number, encode: () => Uint8Array, kind: number = FRAME.RESULT): void {
    // The client is gone: nobody is to hold what it would be given.
    if (this.#wire.hasEnded) return
    let body: Uint8Array
    try {
      body = encode()
    } catch (cause) {
      this.#answerError(id, cause)
      return
    }
    this.#wire.send(kind, id, body)
  }

  #answerError(id: number, cause: unknown, call?: ServerCall): void {
    if (this.#wire.hasEnded) return
    const reason = call?.callArguments.signalOf(cause)
    const given = reason === undefined ? cause : new ReasonMark(reason)
    let body: Uint8Array
    try {
      body = this.#encoder.add(given).finish()
    } catch {
      body = this.#encoder
        .add(new ForgeError('IPC_VALUE_INVALID', 'an error cannot go to another process'))
        .finish()
    }
    this.#wire.send(FRAME.ERROR, id, body)
  }

  #onAbort(id: number, body: Buffer): void {
    const [signal, reason] = readAll(body, { count: 2 })
    if (typeof signal !== 'number') throw new ForgeError('IPC_PROTOCOL', 'a client aborted nothing')
    // The call may have settled meanwhile; what it gave may live on.
    const found = this.#calls.get(id)?.callArguments ?? this.#live.argumentsOf(id)
    found?.abort(signal, reason)
  }

  #refer(value: object): Reference | undefined {
    if (value instanceof LiveMark) return { kind: REFERENCE.OBJECT, ...this.#live.hold(value) }
    if (value instanceof ReasonMark) return { kind: REFERENCE.REASON, id: value.signal, told: undefined }
    const thrownId = this.#thrown.get(value)
    return thrownId === undefined ? undefined : { kind: REFERENCE.THROWN, id: thrownId, told: undefined }
  }

  #onEnd(cause: ForgeError | undefined): void {
    const lost = new ForgeError('STORE_HOST_LOST', 'the process that asked is gone')
    for (const call of this.#calls.values()) call.abandon(lost)
    this.#pulls.lose(lost)
    this.#callbacks.lose(lost)
    this.#live.lose()
    this.#onIdle?.()
    this.#options.onEnd(cause)
  }
}

/** Stands for why a signal was aborted. */
class ReasonMark {
  readonly signal: number

  constructor(signal: number) {
    this.signal = signal
  }
}

function countOf(body: Buffer): number {
  const [count] = readAll(body, { count: 1 })
  if (typeof count !== 'number' || count < 0)
    throw new ForgeError('IPC_PROTOCOL', 'a client sent a count that is none')
  return count
}
