import { ForgeError } from '@forgeone/common'
import type { ObjectShape, Shape } from '../shape/shape.ts'
import type { Reference, ReferencesTaken } from '../value/reference.ts'
import { REFERENCE } from '../value/tag.ts'
import type { CallbackScope } from './tracked-promise.ts'

/** An object of the server as it comes in a message. */
export class LiveTaken {
  readonly id: number
  /** Its properties. */
  readonly told: unknown

  constructor({ id, told }: Reference) {
    this.id = id
    this.told = told
  }
}

export interface LiveOrigin {
  /** The call that gave it. */
  readonly callId: number | undefined
  /** The callback that was given it. */
  readonly scope: CallbackScope | undefined
}

/** Makes what stands for an object of the server. */
export type LiveFactory = (taken: LiveTaken, shape: ObjectShape, origin: LiveOrigin) => object

/** Live objects in a message: each must stand where the description has one. */
export class LiveReferences implements ReferencesTaken {
  readonly #others: ReferencesTaken | undefined
  count = 0

  constructor(others?: ReferencesTaken) {
    this.#others = others
  }

  resolve(reference: Reference): unknown {
    if (reference.kind !== REFERENCE.OBJECT) {
      if (this.#others === undefined) throw misplaced()
      return this.#others.resolve(reference)
    }
    this.count++
    return new LiveTaken(reference)
  }

  /** The value with what stands for its live objects. @throws IPC_PROTOCOL */
  place(value: unknown, o: { readonly shape: Shape; readonly make: LiveFactory } & LiveOrigin): unknown {
    const { shape, make, callId, scope } = o
    const origin = { callId, scope }
    switch (shape.kind) {
      case 'object':
        return this.#live(value, { shape, make, origin })
      case 'list':
        return Array.isArray(value)
          ? value.map((each) => this.#live(each, { shape: shape.of, make, origin }))
          : value
      case 'value':
        return shape.convert === undefined || value === undefined || value === null
          ? value
          : shape.convert.take(value as never)
      case 'stream':
        return value
    }
  }

  /** @throws IPC_PROTOCOL when some stood elsewhere */
  finish(): void {
    if (this.count !== 0) throw misplaced()
  }

  #live(
    value: unknown,
    o: { readonly shape: ObjectShape; readonly make: LiveFactory; readonly origin: LiveOrigin },
  ): unknown {
    if (!(value instanceof LiveTaken)) return value
    this.count--
    return o.make(value, o.shape, o.origin)
  }
}

function misplaced(): ForgeError {
  return new ForgeError('IPC_PROTOCOL', 'the server sent an object where none is expected')
}
