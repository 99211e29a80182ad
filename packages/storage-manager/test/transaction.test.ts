import { join } from 'node:path'
import type { ErrorCode } from '@forgeone/common'
import type { Delivery } from '@forgeone/streams'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Forge, TRANSACTION_CALLS_MAX, type Transaction } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

const GROUP = { group: 'workers', topics: 'work', from: 'start', ackTimeoutMs: 600_000 } as const

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let path: string
let forge: Forge

beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})
let stores = 0
beforeEach(async () => {
  path = join(folder.path, String(stores++))
  forge = await Forge.open({ path, secret: SECRET, shardCount: 2 })
})
afterEach(async () => {
  await forge.close()
})

async function reopen(): Promise<void> {
  await forge.close()
  forge = await Forge.open({ path, secret: SECRET, shardCount: 2 })
}

/** A delivery of an event that is there for it. */
async function takeOne(of: Forge): Promise<Delivery> {
  await of.events.append({ topic: 'work', payload: 'to do' })
  const subscription = of.events.subscribe(GROUP)
  const [delivery] = await subscription.nextBatch(1)
  return delivery!
}

function writeAll(tx: Transaction, delivery: Delivery): void {
  tx.logs.append({ topic: 'app', message: 'paid' })
  tx.events.append({ topic: 'orders.paid', id: 'order-17', payload: { id: 17 } }, { expectedVersion: 0 })
  tx.settings.set('orders.last', 17, { expectedVersion: 0 })
  tx.flags.set('orders', { enabled: true, percent: 100 })
  tx.vault.set('orders/17', 'a secret', { cas: 0 })
  tx.ack(delivery)
}

async function found(): Promise<object> {
  const { logs, events, settings, flags, vault } = forge
  const secret = await vault.get('orders/17').then((value) => value?.text(), codeOf)
  return {
    logs: await logs
      .read({ topic: 'app' })
      .toArray()
      .then((entries) => entries.length),
    events: (await events.read({ topic: 'orders.paid' }).toArray()).map(({ payload }) => payload),
    setting: await settings.get('orders.last'),
    flag: await flags.isEnabled('orders', 'ann'),
    secret,
    lag: (await events.groups.lag('workers')).entries,
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : error
}

const NOTHING = { logs: 0, events: [], setting: undefined, flag: false, secret: undefined, lag: 1 }
const ALL = { logs: 1, events: [{ id: 17 }], setting: 17, flag: true, secret: 'a secret', lag: 0 }

test('a transaction writes to every facility, tells what it wrote, and is there after a reopening', async () => {
  const delivery = await takeOne(forge)
  expect(await found()).toEqual(NOTHING)
  const before = forge.sequence
  const result = await forge.transaction((tx) => writeAll(tx, delivery))
  expect(result).toMatchObject({
    logs: { ids: [expect.any(String)] },
    events: { ids: ['order-17'], duplicate: false },
    settings: [{ name: 'orders.last', value: 17, version: 1 }],
    secrets: [{ version: 1 }],
  })
  // Each is a commit and a leaf of its own.
  expect(forge.sequence - before).toBe(6)
  expect(await found()).toEqual(ALL)
  await reopen()
  expect(await found()).toEqual(ALL)
  expect(await forge.verify()).toMatchObject({ ok: true })
})

describe('nothing is written, and memory knows of nothing, when', () => {
  const refusals: Record<string, readonly [ErrorCode, (tx: Transaction, delivery: Delivery) => void]> = {
    'an id is taken': [
      'STREAM_ID_EXISTS',
      (tx) => tx.events.append({ topic: 'work', id: 'taken', payload: 1 }),
    ],
    'a topic has another version': [
      'STREAM_VERSION_CONFLICT',
      (tx) => tx.events.append({ topic: 'other', payload: 1 }, { expectedVersion: 7 }),
    ],
    'a log entry is none': ['STREAM_TOPIC_INVALID', (tx) => tx.logs.append({ topic: 'a..b', message: 'x' })],
    'a setting has another version': [
      'STREAM_VERSION_CONFLICT',
      (tx) => tx.settings.set('other', 1, { expectedVersion: 3 }),
    ],
    'a setting has no name': ['SETTING_INVALID', (tx) => tx.settings.set('', 1)],
    'a flag is none': ['SETTING_INVALID', (tx) => tx.flags.set('f', { enabled: true, percent: 101 })],
    'a secret has another version': ['VAULT_CAS_MISMATCH', (tx) => tx.vault.set('other', 'x', { cas: 4 })],
    'a secret has no path': ['VAULT_PATH_INVALID', (tx) => tx.vault.set('', 'x')],
    'an option is unknown': [
      'STREAM_VALUE_INVALID',
      (tx) => tx.logs.append({ topic: 'a', message: 'x', lvl: 1 } as never),
    ],
    'all of it is more than a frame holds': [
      'COMMIT_INVALID',
      (tx) => {
        for (let n = 0; n < 20; n++) tx.vault.set(`large/${n}`, new Uint8Array(1_000_000))
      },
    ],
  }
  for (const [why, [code, refused]] of Object.entries(refusals))
    for (const first of [true, false])
      test(`${why}, whether that comes ${first ? 'first' : 'last'}`, async () => {
        await forge.events.append({ topic: 'taken', id: 'taken', payload: 1 })
        const delivery = await takeOne(forge)
        const before = forge.sequence
        const call = forge.transaction((tx) => {
          if (first) refused(tx, delivery)
          writeAll(tx, delivery)
          if (!first) refused(tx, delivery)
        })
        await expect(call).rejects.toMatchObject({ code })
        expect(forge.sequence).toBe(before)
        expect(await found()).toEqual(NOTHING)
        // The same once more, without what was refused: versions begin at 1, the id is free, the delivery is open.
        const result = await forge.transaction((tx) => writeAll(tx, delivery))
        expect([result.settings[0]!.version, result.secrets[0]!.version]).toEqual([1, 1])
        await reopen()
        expect(await found()).toEqual(ALL)
      })

  test('the callback throws, now or later, and what it throws is told', async () => {
    const delivery = await takeOne(forge)
    const mine = new Error('no stock')
    const throws = forge.transaction((tx) => {
      writeAll(tx, delivery)
      throw mine
    })
    await expect(throws).rejects.toBe(mine)
    const rejects = forge.transaction(async (tx) => {
      writeAll(tx, delivery)
      await forge.settings.get('x')
      throw mine
    })
    await expect(rejects).rejects.toBe(mine)
    expect(await found()).toEqual(NOTHING)
    await forge.transaction((tx) => writeAll(tx, delivery))
    expect(await found()).toEqual(ALL)
  })

  test('a delivery was settled already, or is one of another store', async () => {
    const settled = await takeOne(forge)
    await settled.ack()
    const again = forge.transaction((tx) => {
      tx.settings.set('a', 1)
      tx.ack(settled)
    })
    await expect(again).rejects.toMatchObject({ code: 'STREAM_DELIVERY_SETTLED' })
    await using other = await Forge.open({ path: join(folder.path, 'other'), secret: SECRET, shardCount: 1 })
    const foreign = await takeOne(other)
    const mixed = forge.transaction((tx) => {
      tx.settings.set('a', 1)
      tx.ack(foreign)
    })
    await expect(mixed).rejects.toMatchObject({ code: 'COMMIT_INVALID' })
    expect(await forge.settings.get('a')).toBeUndefined()
    await foreign.ack()
    expect((await other.events.groups.lag('workers')).entries).toBe(0)
  })

  test('a principal may do only a part of it', async () => {
    const ann = forge.as('ann')
    await forge.access.grant({ holder: 'ann', actions: ['data.write'], resource: 'logs/**' })
    const mixed = ann.transaction((tx) => {
      tx.logs.append({ topic: 'app', message: 'x' })
      tx.vault.set('a', 'x')
    })
    await expect(mixed).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    expect(await forge.logs.read({ topic: 'app' }).toArray()).toEqual([])
    const { logs } = await ann.transaction((tx) => tx.logs.append({ topic: 'app', message: 'x' }))
    expect(await forge.logs.read({ topic: 'app' }).toArray()).toMatchObject([{ id: logs!.ids[0] }])
  })
})

test.each([
  ['setting', (tx: Transaction, n: number) => tx.settings.set('twice', n)],
  ['flag', (tx: Transaction, n: number) => tx.flags.set('twice', { enabled: n === 2 })],
  ['secret', (tx: Transaction, n: number) => tx.vault.set('twice', String(n))],
] as const)('the later of two values of one %s is there, and both versions count', async (kind, set) => {
  const refused = forge.transaction((tx) => {
    set(tx, 1)
    set(tx, 2)
    tx.settings.set('never', 1, { expectedVersion: 9 })
  })
  await expect(refused).rejects.toMatchObject({ code: 'STREAM_VERSION_CONFLICT' })
  const { settings, secrets } = await forge.transaction((tx) => {
    set(tx, 1)
    set(tx, 2)
  })
  const versions = [...settings, ...secrets].map(({ version }) => version)
  expect(versions).toEqual(kind === 'flag' ? [] : [1, 2])
  const value = {
    setting: () => forge.settings.get('twice'),
    flag: () => forge.flags.isEnabled('twice', 'ann'),
    secret: async () => (await forge.vault.get('twice'))?.text(),
  }[kind]
  expect(await value()).toEqual({ setting: 2, flag: true, secret: '2' }[kind])
  expect(await forge.verify()).toMatchObject({ ok: true })
})

test('appends of one stream are one commit, in the order of the calls', async () => {
  const { events, logs } = await forge.transaction(async (tx) => {
    tx.events.append({ topic: 'a', payload: 1 }, { expectedVersion: 0 })
    tx.logs.append([
      { topic: 'l', message: '1' },
      { topic: 'l', message: '2' },
    ])
    await forge.settings.get('something')
    tx.events.append({ topic: 'b', payload: 2 })
    tx.events.append({ topic: 'a', payload: 3 }, { expectedVersion: 0 })
  })
  expect([events!.ids.length, logs!.ids.length]).toEqual([3, 2])
  for (const [topic, payloads] of Object.entries({ a: [1, 3], b: [2] })) {
    const read = await forge.events.read({ topic }).toArray()
    expect(read.map(({ payload }) => payload)).toEqual(payloads)
  }
  const conflict = forge.transaction((tx) => {
    tx.events.append({ topic: 'a', payload: 4 }, { expectedVersion: 2 })
    tx.events.append({ topic: 'a', payload: 5 }, { expectedVersion: 3 })
  })
  await expect(conflict).rejects.toMatchObject({ code: 'TRANSACTION_INVALID' })
})

test('an append that is refused at once adds nothing, and takes nothing from those before', async () => {
  const refusals: unknown[] = []
  const attempt = (call: () => void): void => {
    try {
      call()
    } catch (error) {
      refusals.push(codeOf(error))
    }
  }
  const many = Array.from({ length: 100_001 }, () => ({ topic: 'many', payload: 1 }))
  const result = await forge.transaction(({ events, settings, ack }) => {
    attempt(() => events.append(many))
    const both = [
      { topic: 'a', payload: 'refused' },
      { topic: 'b', payload: 'refused' },
    ]
    attempt(() => events.append(both, { expectedVersion: 0 }))
    attempt(() => ack(undefined as never))
    settings.set('a', 1)
  })
  expect(refusals).toEqual(['STREAM_LIMIT', 'STREAM_VALUE_INVALID', 'TRANSACTION_INVALID'])
  expect(result).toEqual({ settings: [expect.objectContaining({ value: 1 })], secrets: [] })
  expect(await forge.events.read({}).toArray()).toEqual([])
})

test('values are those of the call, whatever becomes of the objects meanwhile', async () => {
  const payload = { n: 1, deep: { list: [{ n: 1 }] }, itself: undefined as unknown }
  const bytes = new Uint8Array([1])
  // Its `slice` is the same memory.
  const buffer = Buffer.from('a secret')
  await forge.transaction((tx) => {
    tx.settings.set('a', payload)
    tx.events.append({ topic: 'a', payload })
    tx.vault.set('a', bytes)
    tx.vault.set('buffer', buffer)
    buffer.fill(0)
    tx.events.append({ topic: 'bytes', payload: bytes })
    payload.n = payload.deep.list[0]!.n = 2
    bytes[0] = 2
  })
  const then = { n: 1, deep: { list: [{ n: 1 }] } }
  expect(await forge.settings.get('a')).toEqual(then)
  expect((await forge.events.read({ topic: 'a' }).toArray())[0]!.payload).toEqual(then)
  expect((await forge.events.read({ topic: 'bytes' }).toArray())[0]!.payload).toEqual(new Uint8Array([1]))
  expect((await forge.vault.get('a'))!.bytes).toEqual(new Uint8Array([1]))
  expect((await forge.vault.get('buffer'))!.text()).toBe('a secret')
  payload.itself = payload
  await expect(forge.transaction((tx) => tx.settings.set('a', payload as never))).rejects.toMatchObject({
    code: 'SETTING_INVALID',
  })
})

test('a transaction that has ended takes nothing, one without calls writes nothing, and odd calls are refused', async () => {
  const before = forge.sequence
  let kept: Transaction | undefined
  expect(await forge.transaction((tx) => void (kept = tx))).toEqual({ settings: [], secrets: [] })
  const calls = [
    () => kept!.settings.set('a', 1),
    () => kept!.logs.append({ topic: 'a', message: 'x' }),
    () => kept!.vault.set('a', 'x'),
  ]
  for (const call of calls) expect(call).toThrow(expect.objectContaining({ code: 'TRANSACTION_INVALID' }))
  for (const odd of [undefined, null, 1, {}, 'tx'])
    await expect(forge.transaction(odd as never)).rejects.toMatchObject({ code: 'TRANSACTION_INVALID' })
  for (const odd of [undefined, null, {}, { ack: 1 }])
    await expect(forge.transaction((tx) => tx.ack(odd as never))).rejects.toMatchObject({
      code: 'TRANSACTION_INVALID',
    })
  const many = forge.transaction((tx) => {
    for (let n = 0; n <= TRANSACTION_CALLS_MAX; n++) tx.settings.set(`s${n}`, n)
  })
  await expect(many).rejects.toMatchObject({ code: 'TRANSACTION_INVALID' })
  expect(forge.sequence).toBe(before)
})

test('as many calls as may be are written together', async () => {
  await forge.transaction((tx) => {
    for (let n = 0; n < TRANSACTION_CALLS_MAX; n++) tx.settings.set(`s${n}`, n)
  })
  expect(await forge.settings.list('s')).toHaveLength(TRANSACTION_CALLS_MAX)
})

test('many at once, beside other writers, each keep together', async () => {
  const wave = Array.from({ length: 60 }, async (_, n) => {
    if (n % 3 === 0) return await forge.settings.set(`plain.${n}`, n)
    if (n % 3 === 1) return await forge.events.append({ topic: 'plain', payload: n })
    return await forge
      .transaction((tx) => {
        tx.settings.set('count', n)
        tx.events.append({ topic: 'counted', payload: n })
        tx.vault.set('count', String(n))
        // Every second one fails.
        if (n % 2 === 0) tx.settings.set('never', 1, { expectedVersion: 9 })
      })
      .catch(codeOf)
  })
  const outcomes = await Promise.all(wave)
  expect(outcomes.filter((outcome) => outcome === 'STREAM_VERSION_CONFLICT')).toHaveLength(10)
  const counted = await forge.events.read({ topic: 'counted' }).toArray()
  expect(counted).toHaveLength(10)
  expect(await forge.settings.describe('count')).toMatchObject({
    version: 10,
    value: counted.at(-1)!.payload,
  })
  expect(await forge.vault.info('count')).toMatchObject({ current: 10 })
  expect(await forge.verify()).toMatchObject({ ok: true })
})

test('a store without writes, or closed, refuses a transaction', async () => {
  await forge.settings.set('a', 1)
  await forge.close()
  const reader = await Forge.open({ path, secret: SECRET, readOnly: true })
  await expect(reader.transaction((tx) => tx.settings.set('a', 2))).rejects.toMatchObject({
    code: 'STORE_READ_ONLY',
  })
  await reader.close()
  await expect(reader.transaction((tx) => tx.settings.set('a', 2))).rejects.toMatchObject({
    code: 'STORE_CLOSED',
  })
})
