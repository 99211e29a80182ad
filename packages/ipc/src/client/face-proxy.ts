import { copyPlain } from '@forgeone/common'
import { VALUE_METHOD, type MethodShape, type ObjectShape, type StreamShape } from '../shape/shape.ts'
import { USE } from '../wire/use.ts'
import type { ClientConnection } from './client-connection.ts'
import { define } from './define-member.ts'
import { StreamResults } from './stream-results.ts'

export interface ProxyOptions {
  readonly connection: ClientConnection
  readonly targetId: number
  /** Told what the properties of a live object are now. */
  readonly onChanged?: ((changed: unknown) => void) | undefined
  /** Told that a method has succeeded; of parts without its name. */
  readonly onDone?: ((name: string | undefined) => void) | undefined
  /** Makes of the promise of a call what is given to its caller. */
  readonly track?: (<Value>(call: Promise<Value>) => Promise<Value>) | undefined
}

/** Puts methods, parts and asked properties of a description on an object. Each of them asks the server. */
export function addMembers(
  face: object,
  { shape, path }: { readonly shape: ObjectShape; readonly path: string },
  options: ProxyOptions,
): void {
  for (const [name, method] of Object.entries(shape.methods)) {
    define(face, name, { value: methodOf(options, { shape, path, name, method }) })
  }
  for (const [name, part] of Object.entries<ObjectShape>(shape.parts ?? {})) {
    const inner: object = Object.create(null) as object
    addMembers(inner, { shape: part, path: path === '' ? name : `${path}.${name}` }, options)
    define(face, name, { value: Object.freeze(inner) })
  }
  for (const name of shape.asked ?? []) {
    const target = { targetId: options.targetId, path, name, use: USE.PROPERTY }
    const get = (): Promise<unknown> => {
      const asked = options.connection.value(target, {
        method: VALUE_METHOD,
        args: [],
        gives: VALUE_METHOD.gives,
      })
      // Who looks at a property need not wait for it.
      asked.catch(() => undefined)
      return asked
    }
    define(face, name, { get })
  }
}

interface MethodPlace {
  readonly shape: ObjectShape
  readonly path: string
  readonly name: string
  readonly method: MethodShape
}

function methodOf(options: ProxyOptions, place: MethodPlace): (...args: unknown[]) => unknown {
  const { path, name, method } = place
  const { gives } = method
  const { connection, targetId, onDone, track } = options
  const onChanged = path === '' ? options.onChanged : undefined
  if (gives.kind === 'stream') return (...args) => streamOf(options, place, { args, gives })
  const target = { targetId, path, name, use: USE.CALL }
  return (...args) => {
    const call = connection.value(target, { method, args, gives, onChanged })
    const told = onDone === undefined ? call : noted(call, () => onDone(path === '' ? name : undefined))
    return track === undefined ? told : track(told)
  }
}

async function noted<Value>(call: Promise<Value>, onDone: () => void): Promise<Value> {
  const value = await call
  onDone()
  return value
}

/** Arguments are those of the call, as they are then: a stream may be read later, and more than once. */
function streamOf(
  { connection, targetId }: ProxyOptions,
  { path, name, method }: MethodPlace,
  { args, gives }: { readonly args: readonly unknown[]; readonly gives: StreamShape },
): object {
  let given: readonly unknown[]
  try {
    given = copyPlain(args)
  } catch {
    // The call itself will refuse them.
    given = args
  }
  const results = new StreamResults({ connection, targetId, path, name, method, args: given, shape: gives })
  return results.face()
}
