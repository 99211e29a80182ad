import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Forge } from '../src/index.ts'
import { GOOD_ARGUMENTS, type GoodArguments } from './good-arguments.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

// A caller may wipe or reuse what he gave as soon as a call has returned its promise: what is stored is what he gave.
const GIVEN = 'as given'
const KINDS = {
  Buffer: () => Buffer.from(GIVEN),
  Uint8Array: () => new Uint8Array(Buffer.from(GIVEN)),
}
const text = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString()

for (const [kind, make] of Object.entries(KINDS)) {
  /** The bytes of a call that are others as soon as it has returned its promise. */
  const wiping = async <Result>(call: (bytes: Uint8Array) => Promise<Result>): Promise<Result> => {
    const bytes = make()
    const settled = call(bytes)
    bytes.fill(0x30)
    return await settled
  }

  test(`a ${kind} that is wiped right after the call is stored as it was given`, async () => {
    await using folder = await temporaryFolder()
    await using forge = await Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })

    await wiping(async (bytes) => await forge.vault.set('a/b', bytes))
    expect((await forge.vault.get('a/b'))?.text()).toBe(GIVEN)

    await wiping(async (payload) => await forge.events.append({ topic: 'one', payload }))
    await wiping(async (payload) => await forge.events.append([{ topic: 'many', payload }]))
    for (const topic of ['one', 'many'])
      expect((await forge.events.read({ topic }).toArray()).map(({ payload }) => text(payload))).toEqual([
        GIVEN,
      ])

    const sealed = await wiping(async (bytes) => await forge.subjects.seal('ann', bytes))
    expect(text(await forge.subjects.open(sealed))).toBe(GIVEN)

    await wiping(
      async (payload) =>
        await forge.transaction((tx) => {
          tx.events.append({ topic: 'together', payload })
        }),
    )
    expect(
      (await forge.events.read({ topic: 'together' }).toArray()).map(({ payload }) => text(payload)),
    ).toEqual([GIVEN])
  })

  test(`a key given as ${kind} that is wiped right after the call is the key of the store`, async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'data')
    const key = kind === 'Buffer' ? Buffer.alloc(32, 7) : new Uint8Array(32).fill(7)
    const opening = Forge.open({ path, secret: { key }, shardCount: 1 })
    key.fill(0)
    await (await opening).close()
    await (await Forge.open({ path, secret: { key: new Uint8Array(32).fill(7) } })).close()
  })
}

test('objects that are changed right after the call are stored as they were given', async () => {
  await using folder = await temporaryFolder()
  await using forge = await Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
  const given = { a: GIVEN, deep: { b: [GIVEN] } }
  const changing = async (call: (value: typeof given) => Promise<unknown>): Promise<void> => {
    const value = structuredClone(given)
    const settled = call(value)
    value.a = 'changed'
    value.deep.b[0] = 'changed'
    await settled
  }

  await changing(async (payload) => await forge.events.append({ topic: 'one', payload }))
  expect((await forge.events.read({ topic: 'one' }).toArray()).map(({ payload }) => payload)).toEqual([given])

  await changing(async (metadata) => await forge.logs.append({ topic: 'app', message: 'm', metadata }))
  expect((await forge.logs.read({}).toArray()).map(({ metadata }) => metadata)).toEqual([given])

  await changing(async (value) => await forge.settings.set('shape', value))
  expect(await forge.settings.get('shape')).toEqual(given)
})

/** The plain objects and lists of an argument, each of which tells when it is looked at. Code of the caller's is his. */
function watched(value: unknown, path: string, looked: (path: string) => void): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value
  if (Object.values(value).some((member) => typeof member === 'function')) return value
  return new Proxy(value, {
    get: (target, name) => {
      looked(`${path}.${String(name)}`)
      return watched(Reflect.get(target, name), `${path}.${String(name)}`, looked)
    },
  })
}

const READING = { topic: 'a', from: 0, limit: 3 }
const NO_TAIL = { topic: 'a', signal: AbortSignal.abort() }
const STREAMS: GoodArguments = {
  logs: {
    append: [[{ topic: 'a', message: 'm', metadata: { a: [1] } }], { idempotencyKey: 'k' }],
    read: [READING],
    search: ['m', READING],
    table: ['m | count', READING],
    tail: [NO_TAIL],
    importFrom: { skip: 'reads from what is given as it goes on' },
    exportRaw: [{ topic: 'a' }],
    compact: [{}],
  },
  'logs.topicOperations': {
    create: ['b', { retention: { maxAgeMs: 1000 } }],
    update: ['b', { retention: { maxAgeMs: 1000 } }],
    setRetention: ['b.**', { maxAgeMs: 1000 }],
    applyRetention: [{ dryRun: false }],
  },
  events: {
    append: [[{ topic: 'a', payload: { a: [1] } }], { idempotencyKey: 'k' }],
    read: [READING],
    search: ['a', READING],
    table: ['a | count', READING],
    tail: [NO_TAIL],
    exportCloudEvents: [READING],
    compact: [{}],
  },
  'events.groups': { list: [] },
  audit: { query: [{ who: 'app', limit: 3 }], exportTiles: { skip: 'writes to code of the caller' } },
}

for (const [face, methods] of Object.entries({ ...GOOD_ARGUMENTS, ...STREAMS })) {
  test(`${face}: what is given is looked at during the call alone`, async () => {
    await using folder = await temporaryFolder()
    await using forge = await Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
    const places = face === 'forge' ? [] : face.split('.')
    const object = places.reduce<object>((at, name) => Reflect.get(at, name) as object, forge)
    const late = new Set<string>()
    for (const [method, good] of Object.entries(methods)) {
      if ('skip' in good) continue
      let isOver = false
      const args = good.map((each, index) =>
        watched(each, `${method} ${index}`, (path) => isOver && late.add(path)),
      )
      const call = Reflect.get(object, method) as (...given: unknown[]) => unknown
      const result = outcomeOf(() => Reflect.apply(call, object, args))
      isOver = true
      await result
    }
    expect([...late]).toEqual([])
  })
}

/** When all of it has come, or an error: what is good in a store with something in it may be refused in an empty one. */
async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    const result = call()
    const isStream = typeof result === 'object' && result !== null && Symbol.asyncIterator in result
    return isStream ? await Array.fromAsync(result as AsyncIterable<unknown>) : await result
  } catch (error) {
    return error
  }
}

test('what a schema has seen of a payload is what is written', async () => {
  await using folder = await temporaryFolder()
  await using forge = await Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
  const slow = z.object({ a: z.string() }).refine(async () => await Promise.resolve(true))
  const topic = forge.events.topic('typed', slow)
  const payload = { a: GIVEN }
  const settled = topic.append(payload)
  Reflect.set(payload, 'a', 5)
  await settled
  expect((await Array.fromAsync(topic.read())).map((event) => event.payload)).toEqual([{ a: GIVEN }])
})

/** Whatever of a value can be changed, is. */
function spoil(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null || depth > 6) return
  if (ArrayBuffer.isView(value))
    return void new Uint8Array(value.buffer, value.byteOffset, value.byteLength).fill(0x30)
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return
  for (const name of Object.keys(value)) {
    spoil(Reflect.get(value, name), depth + 1)
    Reflect.set(value, name, 'spoilt')
  }
  if (Array.isArray(value)) Reflect.set(value, 'length', 0)
}

test('what is returned is the caller’s own: who changes it changes nothing of the store', async () => {
  await using folder = await temporaryFolder()
  await using forge = await Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
  await forge.events.append([{ topic: 'a', payload: { deep: [1] }, metadata: { x: [1] } }])
  await forge.events.append({ topic: 'a', payload: Buffer.from(GIVEN) })
  await forge.logs.append({ topic: 'a', message: 'm', metadata: { x: [1] } })
  await forge.events.topicOperations.create('b', { retention: { maxAgeMs: 1000 } })
  await forge.events.topicOperations.setRetention('c.>', { maxAgeMs: 1000 })
  await forge.events.groups.create('g', { topics: ['a'], from: 'start' })
  await forge.settings.set('s', { deep: [1] })
  await forge.flags.set('f', { enabled: true })
  await forge.vault.set('v', 'secret')
  await forge.vault.configure('v', { custom: { a: 'b' } })
  await forge.access.grant(
    { holder: 'ann', actions: ['data.read'], resource: 'events/a', effect: 'allow' },
    { by: 'app' },
  )
  await forge.access.setRoles('ann', ['reader'], { by: 'app' })
  await forge.access.createToken('ann', { ttlMs: 100_000, by: 'app' })
  const id = (await forge.events.read({}).toArray())[0]!.id
  const reads: Record<string, () => unknown> = {
    event: async () => await forge.events.get(id),
    'events read': async () => await forge.events.read({}).toArray(),
    'logs read': async () => await forge.logs.read({}).toArray(),
    'event of bytes': async () => text((await forge.events.read({}).toArray())[1]!.payload),
    topics: () => forge.events.topics(),
    describe: () => forge.events.topicOperations.describe('b'),
    rules: () => forge.events.topicOperations.retentionRules(),
    group: () => forge.events.groups.get('g'),
    groups: () => forge.events.groups.list(),
    setting: async () => await forge.settings.get('s'),
    'setting described': async () => await forge.settings.describe('s'),
    settings: async () => await forge.settings.list(),
    flags: async () => await forge.flags.list(),
    info: async () => await forge.vault.info('v'),
    list: async () => await forge.vault.list(),
    grants: () => forge.access.list(),
    check: () => forge.access.check('ann', { action: 'data.read', resource: 'events/a' }),
    metrics: () => [...forge.metrics()].length,
    leases: async () => await forge.vault.leases.list(),
    anchors: async () => await forge.audit.lastCheckpoint(),
    tokens: () => forge.access.tokens(),
    keys: () => forge.keys.status(),
    uses: async () => await forge.keys.uses(),
    checkpoints: async () => await forge.checkpoints(),
    recovery: () => forge.recovery,
    health: () => forge.health(),
  }
  for (const [name, read] of Object.entries(reads)) {
    const before = structuredClone(await read())
    spoil(await read())
    expect(await read(), name).toEqual(before)
  }
})
