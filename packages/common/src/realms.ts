// Values of another realm (a `node:vm` context, Jest, a frame) have other constructors, so that `instanceof` denies what
// they are: `node:fs` throws errors of the first realm everywhere. These tests look at the value itself.

function tagOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value).slice(8, -1)
  } catch {
    // A proxy that was revoked.
    return ''
  }
}

// The getter looks at the internal slot, which no realm and no caller changes.
const typedArrayTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)!.get!

/** An error of any realm; also what aborting throws. */
export function isError(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false
  const tag = tagOf(value)
  return tag === 'Error' || tag === 'DOMException' || inherits(value, Error)
}

/** The code of an error of the operating system, of Node.js or of LevelDB, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  if (!isError(error) || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' ? code : undefined
}

/** A `Uint8Array`, or a `Buffer`, of any realm. */
export function isBytes(value: unknown): value is Uint8Array {
  return typedArrayTag.call(value) === 'Uint8Array'
}

export function isDateObject(value: unknown): value is Date {
  return answers(() => Date.prototype.getTime.call(value))
}

export function isMapObject(value: unknown): value is ReadonlyMap<unknown, unknown> {
  return answers(() => Map.prototype.has.call(value as Map<unknown, unknown>, undefined))
}

/** An object that is no instance of a class, of any realm. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return true
  // The root of another realm: below it stands nothing, and it has what every such root has.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf')
}

/** A promise; not everything that has a `then`. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return (
    typeof value === 'object' && value !== null && (tagOf(value) === 'Promise' || inherits(value, Promise))
  )
}

export function isAbortSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === 'object' &&
    value !== null &&
    (tagOf(value) === 'AbortSignal' || inherits(value, AbortSignal))
  )
}

function answers(ask: () => unknown): boolean {
  try {
    ask()
    return true
  } catch {
    return false
  }
}

function inherits(value: object, type: abstract new (...input: never[]) => unknown): boolean {
  try {
    return value instanceof type
  } catch {
    return false
  }
}
