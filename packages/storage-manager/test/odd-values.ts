// Values that a caller without types may give for anything.

function throwing(): never {
  throw new Error('an object that throws when it is looked at')
}

/** What is awaited looks for it. */
const THEN = ['th', 'en'].join('')

const cycle: Record<string, unknown> = {}
cycle['self'] = cycle

function deep(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = [value]
  return value
}

/** What options of the methods are called, and what an error is asked for. */
const MEMBERS = [
  'action',
  'actor',
  'by',
  'code',
  'holder',
  'message',
  'now',
  'onProgress',
  'path',
  'reason',
  'resource',
  'signal',
  'stack',
  'toString',
  'zoneIndex',
]

function throwNothing(): never {
  // Whoever throws may throw anything.
  // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error
  throw undefined
}

function everyMember(get: () => never): object {
  const made = {}
  for (const name of MEMBERS) Object.defineProperty(made, name, { get, enumerable: true, configurable: true })
  return made
}

/** By name; made anew at each use, since some can be used once. */
export const ODD_VALUES: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  false: () => false,
  zero: () => 0,
  'minus zero': () => -0,
  'minus one': () => -1,
  one: () => 1,
  'a third': () => 1 / 3,
  'a fractional span': () => 1000 / 3,
  'a large float': () => 1e308,
  'beyond safe integers': () => 2 ** 53,
  'largest safe integer': () => Number.MAX_SAFE_INTEGER,
  NaN: () => Number.NaN,
  infinity: () => Number.POSITIVE_INFINITY,
  bigint: () => 10n,
  symbol: () => Symbol('odd'),
  function: () => () => 1,
  class: () => class Odd extends Error {},
  'empty text': () => '',
  blank: () => ' ',
  'text of a number': () => '2',
  'lone surrogate': () => '\ud800',
  NUL: () => 'a\u0000b',
  'line end': () => 'a\nb',
  decomposed: () => 'e\u0301',
  'name of a prototype': () => '__proto__',
  constructor: () => 'constructor',
  dots: () => '..',
  stars: () => '**',
  'long text': () => 'x'.repeat(20_000),
  'very long text': () => 'x'.repeat(2_000_000),
  'very long path': () => 'x/'.repeat(500_000),
  'empty object': () => ({}),
  'nameless object': () => Object.create(null),
  'nameless object with members': () =>
    Object.assign(Object.create(null), { by: 'ann', path: 'x', zoneIndex: 0 }),
  'nameless member': () => ({
    by: Object.create(null),
    path: Object.create(null),
    reason: Object.create(null),
  }),
  'list of nameless objects': () => [Object.create(null)],
  'empty list': () => [],
  'list of a name': () => ['ann'],
  'list of nothing': () => [undefined],
  'list with a hole': () => Object.assign([], { length: 2 }),
  'huge list': () => Array.from({ length: 200_000 }, () => 'x'),
  'deep list': () => deep(5000),
  cycle: () => cycle,
  date: () => new Date(0),
  'invalid date': () => new Date(Number.NaN),
  map: () => new Map([['by', 'ann']]),
  set: () => new Set(['ann']),
  bytes: () => new Uint8Array(3),
  floats: () => new Float64Array(2),
  buffer: () => new ArrayBuffer(8),
  'shared buffer': () => new SharedArrayBuffer(8),
  'regular expression': () => /x/,
  error: () => new Error('odd'),
  promise: () => Promise.resolve(1),
  'rejecting thenable': () =>
    Object.fromEntries([[THEN, (_: unknown, reject: (error: Error) => void) => reject(new Error('odd'))]]),
  iterator: () => [1, 2][Symbol.iterator](),
  'text object': () => Object('text'),
  'number object': () => Object(5),
  'turns into text': () => ({ toString: () => 'ann', valueOf: () => 5 }),
  'throws when turned into text': () => ({ toString: throwing, valueOf: throwing, toJSON: throwing }),
  'throwing getter': () =>
    Object.defineProperty({}, 'ttlMs', { get: throwing, enumerable: true, configurable: true }),
  'throwing proxy': () =>
    new Proxy({}, { get: throwing, ownKeys: throwing, getPrototypeOf: throwing, has: throwing }),
  'getters that throw nothing': () => everyMember(throwNothing),
  'getters that throw': () => everyMember(throwing),
  'proxy whose members throw': () =>
    new Proxy(Object.fromEntries(MEMBERS.map((name) => [name, 1])), { get: throwing }),
  'function that throws': () => throwing,
  'proxy of a list': () => new Proxy(['ann'], {}),
  'revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  'members of a prototype': () => JSON.parse('{"__proto__":{"by":"x"},"constructor":{"a":1},"toString":"x"}'),
  'many members': () => Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`m${index}`, 1])),
}
