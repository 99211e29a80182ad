import { callIsolated, ForgeError } from '@forgeone/common'
import { LIVE_OBJECTS_MAX } from '../limits.ts'
import type { ObjectShape, Shape } from '../shape/shape.ts'

/** A call whose signals may be aborted though it has settled. */
export interface OriginCall {
  readonly callId: number
  abort(signal: number, reason: unknown): void
}

/** Where a live object comes from. */
export interface Origin {
  /** The call that gave it: functions and signals among its arguments are needed as long as the object. */
  readonly call?: OriginCall | undefined
  /** Ids of objects that live as long as a callback. */
  readonly scope?: Set<number> | undefined
}

/** Stands in an answer for an object that stays here. */
export class LiveMark {
  readonly object: object
  readonly shape: ObjectShape
  readonly origin: Origin

  constructor(object: object, o: { readonly shape: ObjectShape; readonly origin: Origin }) {
    this.object = object
    this.shape = o.shape
    this.origin = o.origin
  }
}

/** What a value is to be on its way: live objects marked, and what is of a class made plain. */
export function marked(value: unknown, shape: Shape, origin: Origin): unknown {
  if (value === undefined || value === null) return value
  switch (shape.kind) {
    case 'value':
      return shape.convert === undefined ? value : shape.convert.give(value as never)
    case 'object':
      return markOf(value, shape, origin)
    case 'list':
      return Array.isArray(value) ? value.map((each) => markOf(each, shape.of, origin)) : value
    case 'stream':
      return value
  }
}

function markOf(object: unknown, shape: ObjectShape, origin: Origin): unknown {
  // What is no object is plain, and goes as it is.
  return typeof object === 'object' && object !== null ? new LiveMark(object, { shape, origin }) : object
}

export interface LiveObject {
  readonly object: object
  readonly shape: ObjectShape
  readonly call?: OriginCall | undefined
}

/** Objects of the server that one client holds, by their ids. */
export class LiveObjects {
  readonly #objects = new Map<number, LiveObject>()
  #lastId = 0

  get count(): number {
    return this.#objects.size
  }

  /** @throws IPC_LIMIT */
  hold({ object, shape, origin }: LiveMark): { readonly id: number; readonly told: unknown } {
    if (this.#objects.size >= LIVE_OBJECTS_MAX)
      throw new ForgeError('IPC_LIMIT', `a client holds ${LIVE_OBJECTS_MAX} objects`, {
        details: { limit: 'LIVE_OBJECTS_MAX' },
      })
    // Read first: what throws here is held nowhere.
    const told = propertiesOf(object, shape, shape.properties)
    const id = ++this.#lastId
    this.#objects.set(id, { object, shape, call: origin.call })
    origin.scope?.add(id)
    return { id, told }
  }

  get(id: number): LiveObject | undefined {
    return this.#objects.get(id)
  }

  release(id: number): void {
    this.#objects.delete(id)
  }

  /** The client has forgotten it: it can never end it any more. */
  forget(id: number): void {
    const live = this.#objects.get(id)
    this.#objects.delete(id)
    if (live !== undefined) lose(live)
  }

  /** The arguments of an earlier call that gave something which is still held. */
  argumentsOf(callId: number): OriginCall | undefined {
    for (const { call } of this.#objects.values()) if (call?.callId === callId) return call
    return undefined
  }

  /** The server is closing: what would wait for more is to wait no longer. */
  sayGoodbye(): void {
    for (const { object, shape } of this.#objects.values()) callMethod(object, shape.whenClosing)
  }

  /** The client is gone: the youngest first, since older ones made them. */
  lose(): void {
    const objects = [...this.#objects.values()].reverse()
    this.#objects.clear()
    for (const live of objects) lose(live)
  }
}

/** What a call gave when nobody was left to hold it. */
export function loseGiven(value: unknown, shape: Shape): void {
  if (shape.kind !== 'object' && shape.kind !== 'list') return
  const objects = shape.kind === 'object' ? [value] : Array.isArray(value) ? value : []
  const of = shape.kind === 'object' ? shape : shape.of
  for (const object of objects) if (typeof object === 'object' && object !== null) lose({ object, shape: of })
}

function lose({ object, shape }: LiveObject): void {
  callMethod(object, shape.whenLost)
}

function callMethod(object: object, name: string | undefined): void {
  if (name === undefined) return
  callIsolated(() => {
    const method: unknown = Reflect.get(object, name)
    return typeof method === 'function' ? Reflect.apply(method, object, []) : undefined
  })
}

export function propertiesOf(
  object: object,
  { converts = {} }: ObjectShape,
  names: readonly string[] | undefined,
): unknown {
  if (names === undefined || names.length === 0) return undefined
  const told = (name: string): unknown => {
    const value: unknown = Reflect.get(object, name)
    return value === undefined || value === null ? value : (converts[name]?.give(value as never) ?? value)
  }
  return Object.fromEntries(names.map((name) => [name, told(name)]))
}
