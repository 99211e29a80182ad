// Good arguments with something odd in one to three places, drawn from a seed.

import type { SeededRandom } from '@forgeone/common'
import { ODD_VALUES } from '../odd-values.ts'

const PLACES_MAX = 3
const LEVELS_MAX = 4

function throwing(): never {
  throw new Error('an object that throws when it is looked at')
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : { value }
}

/** What a class, a bug or an attacker makes of a value that was good. */
const TWISTS: Readonly<Record<string, (good: unknown, random: SeededRandom) => unknown>> = {
  'without a prototype': (good) => Object.assign(Object.create(null), members(good)),
  'of a class': (good) => Object.assign(new EventTarget(), members(good)),
  'by inheritance': (good) => Object.create(members(good)),
  frozen: (good) => Object.freeze(members(good)),
  'with a getter that throws': (good, random) => {
    const copy = members(good)
    const names = Object.keys(copy)
    const name = names[random.below(names.length)] ?? 'by'
    return Object.defineProperty(copy, name, { get: throwing, enumerable: true })
  },
  'another at each look': (good) => {
    let looks = 0
    return new Proxy(members(good), {
      get: (target, name) => (looks++ % 2 === 0 ? Reflect.get(target, name) : looks),
    })
  },
  'throws at the third look': (good) => {
    let looks = 0
    return new Proxy(members(good), {
      get: (target, name) => (++looks === 3 ? throwing() : Reflect.get(target, name)),
    })
  },
  'throws when listed': (good) => new Proxy(members(good), { ownKeys: throwing }),
  'with a member too many': (good) => ({ ...members(good), zzz: 1 }),
  'with a symbol': (good) => ({ ...members(good), [Symbol('odd')]: 1 }),
  'list of it': (good) => [good],
  'list of it with a hole': (good) => Object.assign([good], { length: 3 }),
  'list that throws': (good) => new Proxy([good], { get: throwing }),
  'boxed or copied': (good) => Object(good),
  'as text': (good) => JSON.stringify(good),
  'text and NUL': (good) => `${typeof good === 'string' ? good : 'x'}\u0000`,
  'text and half a pair': (good) => `${typeof good === 'string' ? good : 'x'}\udc00`,
  'text, decomposed': (good) => `${typeof good === 'string' ? good : 'x'}e\u0301`,
  'a MiB of text': (good) => (typeof good === 'string' ? good : 'x').padEnd(2 ** 20, 'a'),
  'text upside down': (good) => (typeof good === 'string' ? good.toUpperCase() : 'X'),
  negative: (good) => (typeof good === 'number' ? -good : -7),
  'and a half': (good) => (typeof good === 'number' ? good + 0.5 : 0.5),
  'as a bigint': (good) => (Number.isSafeInteger(good) ? BigInt(good as number) : 1n),
  'beyond all': (good) => (typeof good === 'number' ? good * 2 ** 60 : 2 ** 60),
}

type Place = readonly (string | number)[]

/** Each argument, and each member of plain objects and lists. */
function placesOf(value: unknown, place: Place = []): Place[] {
  const own = place.length > 0 ? [place] : []
  if (place.length > LEVELS_MAX || typeof value !== 'object' || value === null) return own
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
  if (!isPlain) return own
  return [...own, ...Object.keys(value).flatMap((key) => placesOf(Reflect.get(value, key), [...place, key]))]
}

function at(value: unknown, place: Place): unknown {
  return place.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  )
}

/** Only plain objects are gone into, so that what is odd is not looked at. */
function withOdd(value: unknown, [head, ...rest]: Place, odd: unknown): unknown {
  if (head === undefined) return odd
  const copy: object = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }
  Object.defineProperty(copy, head, {
    value: withOdd(Reflect.get(copy, head), rest, odd),
    enumerable: true,
    configurable: true,
    writable: true,
  })
  return copy
}

function twisted(
  [name, twist]: readonly [string, (typeof TWISTS)[string]],
  good: unknown,
  random: SeededRandom,
): readonly [name: string, odd: () => unknown] {
  return [name, () => twist(good, random)]
}

export interface OddCall {
  readonly args: readonly unknown[]
  /** What is odd where. */
  readonly title: string
  /** Places that were changed, and what is there. */
  readonly changed: readonly (readonly [place: Place, odd: unknown])[]
}

function isWithin(place: Place, other: Place): boolean {
  return place.every((key, index) => String(key) === String(other[index]))
}

export function oddCall(good: readonly unknown[], random: SeededRandom): OddCall {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!
  const way = random.below(12)
  if (way === 0 && good.length > 0) {
    const count = random.below(good.length)
    return { args: good.slice(0, count), title: `${count} arguments`, changed: [] }
  }
  const places: Place[] = [...placesOf(good), [good.length]]
  const count = 1 + random.below(Math.min(PLACES_MAX, places.length))
  let args: unknown = good
  const changed: [Place, unknown][] = []
  const titles: string[] = []
  for (let index = 0; index < count; index++) {
    const place = pick(places)
    // What is within another change, or around it, is left alone.
    if (changed.some(([other]) => isWithin(other, place) || isWithin(place, other))) continue
    const [name, odd] =
      random.below(2) === 0
        ? pick(Object.entries(ODD_VALUES))
        : twisted(pick(Object.entries(TWISTS)), at(good, place), random)
    const value = odd()
    // What a function of the caller's throws is his own.
    if (typeof value === 'function' && typeof at(good, place) === 'function') continue
    args = withOdd(args, place, value)
    changed.push([place, value])
    titles.push(`${place.join('.')} = ${name}`)
  }
  return { args: args as readonly unknown[], title: titles.join(', '), changed }
}
