import type { ObjectShape } from '../shape/shape.ts'
import type { ClientConnection } from './client-connection.ts'
import { define } from './define-member.ts'
import { addMembers } from './face-proxy.ts'
import type { HeldObject } from './held-objects.ts'
import type { LiveFactory, LiveOrigin, LiveTaken } from './live-references.ts'

/** Makes what stands for objects of the server, and tells it when nobody here holds one any more. */
export function liveFactory(connection: ClientConnection): LiveFactory {
  // Whoever forgets to close something: it goes with the memory.
  const forgotten = new FinalizationRegistry<HeldObject>((held) =>
    connection.release(held, { isTold: false }),
  )
  return (taken, shape, origin) => liveProxy(taken, { shape, origin, connection, forgotten })
}

function liveProxy(
  taken: LiveTaken,
  o: {
    readonly shape: ObjectShape
    readonly origin: LiveOrigin
    readonly connection: ClientConnection
    readonly forgotten: FinalizationRegistry<HeldObject>
  },
): object {
  const { shape, origin, connection, forgotten } = o
  const face: object = Object.create(null) as object
  const held: HeldObject = { id: taken.id, callId: origin.callId }
  let properties = membersOf(taken.told, shape)
  for (const name of shape.properties ?? []) define(face, name, { get: () => properties[name] })
  addMembers(
    face,
    { shape, path: '' },
    {
      connection,
      targetId: taken.id,
      onChanged: (changed) => {
        properties = { ...properties, ...membersOf(changed, shape) }
      },
      // The server forgets it by itself then. And whoever waits for a call is not to lose what it is a call of: this holds it.
      onDone: (name) => {
        const isReleased = name !== undefined && shape.releasedBy?.includes(name) === true
        if (!isReleased || !forgotten.unregister(face)) return
        connection.release(held, { isTold: true })
      },
      track: origin.scope === undefined ? undefined : (call) => origin.scope!.track(call),
    },
  )
  addIteration(face, shape)
  Object.freeze(face)
  // What a callback was given is forgotten at its end.
  if (origin.scope === undefined) {
    connection.hold(face, held)
    forgotten.register(face, held, face)
  } else connection.name(face, taken.id)
  return face
}

type Method = (...args: readonly unknown[]) => Promise<readonly unknown[]>

function addIteration(face: object, { iterates, releasedBy }: ObjectShape): void {
  if (iterates !== undefined) {
    const { method, args } = iterates
    define(face, Symbol.asyncIterator, {
      value: async function* () {
        for (;;) {
          // Found on it at each step: it is not forgotten while somebody iterates over it.
          const items = await Reflect.apply(Reflect.get(face, method) as Method, face, args)
          if (items.length === 0) return
          yield* items
        }
      },
    })
  }
  const end = releasedBy?.[0]
  if (end === undefined) return
  const close = Reflect.get(face, end) as () => Promise<unknown>
  define(face, Symbol.asyncDispose, { value: async () => void (await close()) })
}

function membersOf(told: unknown, { converts = {} }: ObjectShape): Readonly<Record<string, unknown>> {
  if (typeof told !== 'object' || told === null) return {}
  const taken = Object.entries(told as Readonly<Record<string, unknown>>).map(([name, value]) => {
    const conversion = value === undefined || value === null ? undefined : converts[name]
    return [name, conversion === undefined ? value : conversion.take(value as never)]
  })
  return Object.fromEntries(taken) as Readonly<Record<string, unknown>>
}
