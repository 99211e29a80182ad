// Every public method with odd arguments drawn from a seed, several odd ones at once: the call succeeds, and the store opens again
// and is sound; or it is refused with a code. Nothing else happens.

import { join } from 'node:path'
import { ForgeError, SeededRandom } from '@forgeone/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PERMISSIONS } from '../plans.ts'
import { Forge } from '../../src/index.ts'
import { GOOD_ARGUMENTS } from '../good-arguments.ts'
import { SECRET } from '../temporary-folder.ts'
import { attackFolder } from './base-stores.ts'
import { oddCall, type OddCall } from './random-values.ts'
import { STREAM_ARGUMENTS } from './stream-arguments.ts'
import { ofTier, SEED } from './tier.ts'

const CALLS = ofTier({ short: 200, long: 5000 })
const REOPENED_EVERY = ofTier({ short: 100, long: 250 })
/** Far above what any call takes on a busy machine; a hang is above it. */
const CALL_MS_MAX = 60_000
/** What follows a stream does not end by itself. */
const ENDLESS_MS = 30
const ENDLESS: readonly string[] = ['tail']
const ENTRIES_TAKEN = 20

const ALL = { ...GOOD_ARGUMENTS, ...STREAM_ARGUMENTS }
const METHODS = Object.entries(ALL).flatMap(([face, methods]) =>
  Object.entries(methods).flatMap(([method, good]) => ('skip' in good ? [] : [{ face: face, method, good }])),
)

let folder: ReturnType<typeof attackFolder>
let forge: Forge
const tally = { calls: 0, succeeded: 0, reopened: 0 }
const rejections: unknown[] = []
const noteRejection = (error: unknown): void => void rejections.push(error)

beforeAll(async () => {
  folder = attackFolder()
  forge = await openForge()
  await forge.vault.set('before', 'kept')
  await forge.settings.set('before', 1)
  await forge.logs.append({ topic: 'a.b', message: 'word before' })
  await forge.events.append({ topic: 'a.b', payload: 'before' })
  await forge.events.groups.create('g', { topics: ['a.>'], from: 'start' })
  process.on('unhandledRejection', noteRejection)
})

afterAll(async () => {
  process.off('unhandledRejection', noteRejection)
  await forge.close()
  folder[Symbol.dispose]()
})

function openForge(): Promise<Forge> {
  return Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 2, cacheMb: 8 })
}

function faceOf(name: string): object {
  return (name === 'forge' ? [] : name.split('.')).reduce<object>(
    (face, part) => Reflect.get(face, part) as object,
    forge,
  )
}

/** What would be right, and end the test: a directory to write to, and the slot that the store is opened with. */
function isHarmful(method: string, { changed }: OddCall): boolean {
  if (method === 'report')
    return changed.some(([place, odd]) => place.at(-1) === 'directory' && typeof odd === 'string')
  return method === 'removeProvider' && changed.some(([, odd]) => odd === 1)
}

/** What a call gives is used: that is where a lazy one looks at its arguments. */
async function use(method: string, result: unknown): Promise<void> {
  if (typeof result !== 'object' || result === null) return void (await result)
  if (method === 'subscribe') {
    // A subscription.
    const subscription = result as { readonly ready: Promise<void>; close(): Promise<void> }
    try {
      await subscription.ready
    } finally {
      await subscription.close()
    }
  } else if (Symbol.asyncIterator in result) {
    const iterator = (result as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    const isEndless = ENDLESS.includes(method)
    for (let taken = 0; taken < ENTRIES_TAKEN; taken++) {
      const next = iterator.next()
      next.catch(() => undefined) // told below, unless nothing comes
      const quiet = new Promise<'quiet'>((resolve) => setTimeout(resolve, ENDLESS_MS, 'quiet'))
      const one = await (isEndless ? Promise.race([next, quiet]) : next)
      if (one === 'quiet') return
      if (one.done === true) return
    }
    await iterator.return?.()
  } else await result
}

/** @returns what is wrong; nothing when it succeeded or was refused with a code */
async function faultOf(run: () => unknown, method: string): Promise<string | undefined> {
  const begun = performance.now()
  try {
    await use(method, run())
    tally.succeeded++
  } catch (error) {
    const isRefusal = error instanceof ForgeError && error.code !== 'INTERNAL'
    if (!isRefusal) return `uncoded ${String(error instanceof Error ? error.stack : error).slice(0, 600)}`
  }
  const took = performance.now() - begun
  if (took > CALL_MS_MAX) return `took ${took} ms`
  const [rejection] = rejections.splice(0)
  if (rejection === undefined) return undefined
  return `unhandled ${String(rejection instanceof Error ? rejection.stack : rejection).slice(0, 600)}`
}

async function reopen(): Promise<void> {
  await forge.close()
  forge = await openForge()
  expect(await forge.damagedRows()).toEqual([])
  expect((await forge.vault.get('before'))?.text()).toBe('kept')
  expect(await forge.settings.get('before')).toBe(1)
  await forge.logs.read({}).toArray()
  await forge.events.read({}).toArray()
  expect(forge.health()).toMatchObject({ state: 'healthy', reasons: [] })
  expect((await forge.verify()).problems).toEqual([])
  expect(Reflect.get({}, 'by')).toBeUndefined()
}

test('every method of every face has arguments here, or a reason why not', () => {
  for (const [face, rules] of Object.entries(PERMISSIONS))
    expect(Object.keys(ALL[face]!).sort(), face).toEqual(Object.keys(rules).sort())
})

test(`${CALLS} calls with random odd arguments succeed, or are refused with a code`, async () => {
  console.log(`seed ${SEED} (set FORGE_TEST_SEED to repeat)`)
  const faults: string[] = []
  while (tally.calls < CALLS) {
    // Each has a seed of its own, so that one alone can be repeated.
    const random = new SeededRandom(SEED * 10_000 + tally.calls)
    const { face, method, good } = METHODS[random.below(METHODS.length)]!
    const odd = oddCall(good, random)
    tally.calls++
    if (isHarmful(method, odd)) continue
    const title = `${tally.calls - 1}: ${face}.${method}: ${odd.title}`
    const call = Reflect.get(faceOf(face), method) as (...args: unknown[]) => unknown
    const fault = await faultOf(() => Reflect.apply(call, faceOf(face), odd.args), method)
    if (fault !== undefined) {
      faults.push(`${title}: ${fault}`)
      console.log(faults.at(-1)) // a long run that is cut short has told what it found
    }
    if (tally.calls % REOPENED_EVERY > 0) continue
    tally.reopened++
    await reopen()
  }
  console.log(
    `random odd calls: ${tally.calls}, of them succeeded: ${tally.succeeded}, reopened and verified: ${tally.reopened}`,
  )
  expect(faults).toEqual([])
}, 7_200_000)
