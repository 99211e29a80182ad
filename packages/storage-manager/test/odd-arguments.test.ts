// Every public method, with an odd value at each place of its arguments and options: it is accepted, and then the store
// opens again and everything reads; or it is refused with a code. Nothing else happens.

import { ForgeError } from '@forgeone/common'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PERMISSIONS } from './plans.ts'
import { Forge } from '../src/index.ts'
import { ofTier } from './attack/tier.ts'
import { GOOD_ARGUMENTS } from './good-arguments.ts'
import { ODD_VALUES } from './odd-values.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

/** A part by default. */
const EVERY = ofTier({ short: 12, long: 1 })
/** A guard against what hangs, far above what a busy machine takes. */
const CALL_MS_MAX = 60_000

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let forge: Forge

beforeAll(async () => {
  folder = await temporaryFolder()
  forge = await openForge()
  await forge.access.setRoles('reader-of-before', ['reader'])
  await forge.vault.set('before', 'kept')
  await forge.settings.set('before', 1)
})

afterAll(async () => {
  await forge.close()
  await folder[Symbol.asyncDispose]()
})

function openForge(): Promise<Forge> {
  return Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
}

function faceOf(name: string): object {
  let face: unknown = forge
  for (const part of name === 'forge' ? [] : name.split('.')) face = Reflect.get(face as object, part)
  return face as object
}

type Place = readonly (string | number)[]

/** Each argument, and each member of those that are plain objects, two levels down. */
function placesOf(args: readonly unknown[]): Place[] {
  const places: Place[] = []
  const walk = (value: unknown, place: Place): void => {
    if (place.length > 0) places.push(place)
    if (place.length >= 3 || typeof value !== 'object' || value === null) return
    const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
    if (isPlain) for (const key of Object.keys(value)) walk(Reflect.get(value, key), [...place, key])
  }
  walk(args, [])
  // One argument more than it takes, and none at all, are places too.
  return [...places, [args.length]]
}

function withOdd(args: unknown, place: Place, odd: unknown): unknown {
  const [head, ...rest] = place
  if (head === undefined) return odd
  const copy: object = Array.isArray(args) ? [...args] : { ...(args as object) }
  Reflect.set(copy, head, withOdd(Reflect.get(copy, head), rest, odd))
  return copy
}

/** What would be right, and end the call or the test: a directory to write to, and the slot that the store is opened with. */
function isHarmful(method: string, place: Place, odd: unknown): boolean {
  if (method === 'report') return typeof odd === 'string' && place.at(-1) === 'directory'
  // What a function of the caller's throws is his own, and ends the call: callbacks.test.ts.
  if (place.at(-1) === 'onProgress') return typeof odd === 'function'
  return method === 'removeProvider' && odd === 1
}

async function outcomeOf(run: () => unknown): Promise<string> {
  try {
    const result: unknown = run()
    if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result)
      await Array.fromAsync(result as AsyncIterable<unknown>)
    else await result
    return 'accepted'
  } catch (error) {
    // The code and nothing else: `INTERNAL` is what a defect is called.
    if (error instanceof ForgeError && error.code !== 'INTERNAL') return 'refused'
    return `uncoded ${String(error instanceof Error ? error.stack : error).slice(0, 300)}`
  }
}

async function expectReadable(): Promise<void> {
  expect(await forge.damagedRows()).toEqual([])
  expect((await forge.vault.get('before'))!.text()).toBe('kept')
  expect(await forge.settings.get('before')).toBe(1)
  await forge.settings.list()
  await forge.flags.list()
  await forge.vault.list()
  await forge.vault.leases.list()
  forge.access.tokens()
  expect(forge.access.list().map(({ principal }) => principal)).toContain('reader-of-before')
  expect(forge.health().state).toBe('healthy')
  expect(Reflect.get({}, 'by')).toBeUndefined()
}

for (const [face, methods] of Object.entries(GOOD_ARGUMENTS)) {
  test(`${face}: an odd value is accepted and read again, or refused with a code`, async () => {
    const failures: string[] = []
    let calls = 0
    // The names are those of the table.
    const known = Object.keys(PERMISSIONS[face])
    expect(Object.keys(methods).sort()).toEqual([...known].sort())
    for (const [method, good] of Object.entries(methods)) {
      if ('skip' in good) continue
      const places = placesOf(good)
      for (const [at, place] of places.entries()) {
        for (const [index, [name, make]] of Object.entries(ODD_VALUES).entries()) {
          if ((index + at) % EVERY !== 0) continue
          const call: (...args: unknown[]) => unknown = Reflect.get(faceOf(face), method)
          const odd = make()
          if (isHarmful(method, place, odd)) continue
          const args = withOdd(good, place, odd) as unknown[]
          const begun = performance.now()
          const outcome = await outcomeOf(() => Reflect.apply(call, faceOf(face), args))
          calls++
          const took = performance.now() - begun
          if (outcome.startsWith('uncoded'))
            failures.push(`${method} ${place.join('.')} = ${name}: ${outcome}`)
          if (took > CALL_MS_MAX) failures.push(`${method} ${place.join('.')} = ${name}: took ${took} ms`)
        }
      }
    }
    expect(failures).toEqual([])
    expect(calls).toBeGreaterThan(3)
    await expectReadable()
    await forge.close()
    forge = await openForge()
    await expectReadable()
  })
}

test('opening with an odd value for any option is refused with a code, or opens the store', async () => {
  const good = {
    path: join(folder.path, 'data'),
    secret: SECRET,
    keyProvider: undefined,
    create: 'never',
    shardCount: 1,
    maxSizeGb: 100,
    durability: 'sync',
    encryption: 'aes-256-gcm',
    allowedSuites: ['aes-256-gcm', 'xchacha20-poly1305'],
    cacheMb: 1,
    compaction: 'manual',
    anchors: [],
    anchorGraceMs: 0,
    onAnchorLoss: 'report',
    acceptRestoredKeyring: { reason: 'x' },
    keyPolicy: { maxAgeDays: 1, maxSeals: 1000, auto: false },
    vaultAutoLockMs: 0,
    allowUnsafeFilesystem: false,
  }
  await forge.close()
  const failures: string[] = []
  for (const [at, place] of placesOf([good]).entries()) {
    for (const [index, [name, make]] of Object.entries(ODD_VALUES).entries()) {
      const odd = make()
      // A path of text is another store; the rest are objects that the caller answers for.
      if ((index + at) % (EVERY * 2) !== 0 || (place.at(-1) === 'path' && typeof odd === 'string')) continue
      const [options] = withOdd([good], place, odd) as [never]
      const outcome = await outcomeOf(async () => {
        const opened = await Forge.open(options)
        await opened.close()
      })
      if (outcome.startsWith('uncoded')) failures.push(`${place.join('.')} = ${name}: ${outcome}`)
    }
  }
  forge = await openForge()
  expect(failures).toEqual([])
  await expectReadable()
})
