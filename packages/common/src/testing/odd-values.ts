import { isError } from '../realms.ts'
import { isForgeError } from '../forge-error.ts'

/** Something a caller in JavaScript can pass in any place. Made anew for each call, since calls may change it. */
export interface OddValue {
  readonly name: string
  make(): unknown
}

/** Under a name of its own, since what has this member is taken for a promise. */
const THEN: string = ['th', 'en'].join('')
/** Long, but not so long that reading it is what takes the time. */
const LONG_TEXT_CHARS = 200_000
const LONG_LIST_ITEMS = 100_000

/** Values of every kind that were ever let in by mistake: wrong types, wrong numbers, and objects that run code. */
export const ODD_VALUES: readonly OddValue[] = [
  { name: 'null', make: () => null },
  { name: 'true', make: () => true },
  { name: 'false', make: () => false },
  { name: '0', make: () => 0 },
  { name: '-0', make: () => -0 },
  { name: '-1', make: () => -1 },
  { name: '1', make: () => 1 },
  { name: '1.5', make: () => 1.5 },
  { name: '1000/3', make: () => 1000 / 3 },
  { name: 'NaN', make: () => Number.NaN },
  { name: 'Infinity', make: () => Infinity },
  { name: '-Infinity', make: () => -Infinity },
  { name: '1e308', make: () => 1e308 },
  { name: '2^53', make: () => 2 ** 53 },
  { name: '2^31', make: () => 2 ** 31 },
  { name: 'bigint', make: () => 10n },
  { name: 'symbol', make: () => Symbol('x') },
  { name: 'function', make: () => () => 1 },
  { name: 'empty text', make: () => '' },
  { name: 'blank', make: () => ' ' },
  { name: 'numeric text', make: () => '2' },
  { name: 'text with NUL', make: () => 'a\0b' },
  { name: 'line separator', make: () => '\u2028' },
  { name: 'control text', make: () => '\u001B[31m\u009B' },
  { name: 'lone surrogate', make: () => '\uD800' },
  { name: 'long text', make: () => 'x'.repeat(LONG_TEXT_CHARS) },
  { name: '__proto__', make: () => '__proto__' },
  { name: 'constructor', make: () => 'constructor' },
  { name: 'empty object', make: () => ({}) },
  { name: 'object without prototype', make: () => Object.create(null) as unknown },
  { name: 'unknown member', make: () => ({ bogus: 1 }) },
  { name: 'own __proto__', make: () => JSON.parse('{"__proto__":{"polluted":1},"then":"x"}') as unknown },
  { name: 'empty list', make: () => [] },
  { name: 'list of text', make: () => ['a'] },
  { name: 'list of null', make: () => [null] },
  { name: 'sparse list', make: () => Array.from({ length: 2 }).fill(undefined, 1) },
  { name: 'long list', make: () => Array.from({ length: LONG_LIST_ITEMS }, () => 0) },
  { name: 'date', make: () => new Date(0) },
  { name: 'invalid date', make: () => new Date(Number.NaN) },
  { name: 'map', make: () => new Map([[1, 2]]) },
  { name: 'set', make: () => new Set(['a']) },
  { name: 'bytes', make: () => new Uint8Array(3) },
  { name: 'floats', make: () => new Float64Array(2) },
  { name: 'array buffer', make: () => new ArrayBuffer(8) },
  { name: 'shared buffer', make: () => new SharedArrayBuffer(8) },
  { name: 'text object', make: () => new String('a') },
  { name: 'error', make: () => new Error('x') },
  { name: 'expression', make: () => /x/ },
  { name: 'promise', make: () => Promise.resolve(1) },
  { name: 'iterator', make: () => [1, 2].values() },
  { name: 'cycle', make: cycle },
  { name: 'deep list', make: deepList },
  { name: 'object with toString', make: () => ({ toString: () => 'a', valueOf: () => 1 }) },
  { name: 'thenable', make: thenable },
  { name: 'getter that throws', make: getterThatThrows },
  { name: 'proxy that throws', make: () => new Proxy({}, throwingHandler) },
  { name: 'revoked proxy', make: revokedProxy },
]

function cycle(): unknown {
  const own: Record<string, unknown> = {}
  own['self'] = own
  return own
}

function deepList(): unknown {
  let list: unknown = null
  for (let depth = 0; depth < 5000; depth++) list = [list]
  return list
}

function thenable(): unknown {
  return Object.defineProperty({}, THEN, {
    enumerable: true,
    value: (resolve: (value: number) => void) => resolve(1),
  })
}

/** Every name that options may have throws when it is read. */
function getterThatThrows(): unknown {
  return Object.defineProperty({}, 'topic', {
    enumerable: true,
    get: () => {
      throw new Error('getter')
    },
  })
}

const throwingHandler: ProxyHandler<object> = {
  get: () => {
    throw new Error('get')
  },
  ownKeys: () => {
    throw new Error('ownKeys')
  },
  has: () => {
    throw new Error('has')
  },
}

function revokedProxy(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/**
 * Calls with an odd value, and says what is wrong when that ends otherwise than well or with a code.
 * A call that never ends is for the caller's own limit of time.
 */
export async function oddCallFault(call: () => unknown): Promise<string | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    if (isForgeError(error)) return error.code === 'INTERNAL' ? `INTERNAL ${error.message}` : undefined
    return isError(error) ? `${error.name}: ${error.message}` : 'something other than an error'
  }
}
