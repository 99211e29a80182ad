// A member that no method knows is a mistake of whoever wrote it: passed over, something else would be done than was meant.

import { ForgeError } from '@forgeone/common'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { STREAM_ARGUMENTS } from './attack/stream-arguments.ts'
import { GOOD_ARGUMENTS } from './good-arguments.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

const UNKNOWN = 'unknwon'
/** What is no object of options: a provider of keys, a target of files and a schema are code of the caller. */
const OTHERS: readonly string[] = [
  'keys.addProvider, object 0',
  'keys.rewrap, object 0',
  'vault.unseal, object 0',
  'audit.exportTiles, object 0',
  'events.topic, object 0',
]

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let forge: Forge

beforeAll(async () => {
  folder = await temporaryFolder()
  forge = await Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
  for (const topic of ['a.b']) {
    await forge.logs.append({ topic, message: 'word' })
    await forge.events.append({ topic, payload: 1 })
  }
  await forge.events.groups.create('g', { topics: ['a.>'], from: 'start' })
})
afterAll(async () => {
  await forge.close()
  await folder[Symbol.asyncDispose]()
})

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** The arguments, with a member too many in one object of them; one result for each object. */
function oddArguments(good: readonly unknown[]): readonly (readonly unknown[])[] {
  return good.flatMap((argument, at): (readonly unknown[])[] => {
    if (isPlain(argument) && !(Symbol.asyncIterator in argument))
      return [good.with(at, { ...argument, [UNKNOWN]: 1 })]
    if (!Array.isArray(argument) || !isPlain(argument[0])) return []
    return [good.with(at, [{ ...argument[0], [UNKNOWN]: 1 }, ...argument.slice(1)])]
  })
}

const ALL = Object.entries({ ...GOOD_ARGUMENTS, ...STREAM_ARGUMENTS }).flatMap(([face, methods]) =>
  Object.entries(methods).flatMap(([method, good]) =>
    'skip' in good
      ? []
      : oddArguments(good).map((args, at) => ({
          name: `${face}.${method}, object ${at}`,
          face,
          method,
          args,
        })),
  ),
)

async function use(result: unknown): Promise<void> {
  if (typeof result !== 'object' || result === null) return
  if (Symbol.asyncIterator in result) {
    const iterator = (result as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    const next = iterator.next()
    next.catch(() => undefined)
    // What follows a stream has nothing to give, and was not refused.
    await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 200))])
  } else await ('ready' in result ? result.ready : result)
}

const CALLS = ALL.filter(({ name }) => !OTHERS.includes(name))

test.each(CALLS)('$name: a member that is not known is refused by name', async ({ face, method, args }) => {
  const target = (face === 'forge' ? [] : face.split('.')).reduce<object>(
    (object, part) => Reflect.get(object, part) as object,
    forge,
  )
  const call = Reflect.get(target, method) as (...input: unknown[]) => unknown
  const refusal: unknown = await (async () => await use(Reflect.apply(call, target, args)))().catch(
    (error: unknown) => error,
  )
  expect(refusal).toBeInstanceOf(ForgeError)
  expect((refusal as ForgeError).message).toContain(UNKNOWN)
})
