import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IdempotencyQueue } from '../../src/append/idempotency-queue.ts'
import { KEYSPACE_IDEMPOTENCY, keyspaceRange } from '../../src/shard/keys.ts'
import { IDEMPOTENCY_WINDOW_MS, type EventInput, type Receipt } from '../../src/index.ts'
import { StoreHost } from '../stream/store-host.ts'

const failing = (code: string): unknown => expect.objectContaining({ code })
const plain = ({ sequence, time, count, ids, positions, versions, root }: Receipt): unknown => ({
  sequence,
  time,
  count,
  ids,
  positions,
  versions: [...versions],
  root,
})

const order: readonly EventInput[] = [
  { topic: 'orders', payload: { n: 1 }, priority: 'high' },
  { topic: 'mails', payload: new Uint8Array([1, 2]), id: 'mail-1' },
  { topic: 'orders', payload: { n: 2 }, metadata: { a: 1 }, checkpointMarker: 'm' },
]

describe('an append with the key of an earlier one', () => {
  test.each(['at once', 'reopened', 'compacted'])(
    'gets its receipt and appends nothing, %s',
    async (when) => {
      await using host = new StoreHost()
      let { events } = await host.open()
      const first = await events.append(order, {
        idempotencyKey: 'k',
        expectedVersion: new Map([['orders', 0]]),
      })
      expect(first.duplicate).toBe(false)
      if (when === 'compacted') await events.compact()
      if (when !== 'at once') events = (await host.reopen()).events
      host.clock.advance(5_000)
      // Its expectation was met once; the retry must not trip over what it did itself.
      const second = await events.append(order, {
        idempotencyKey: 'k',
        expectedVersion: new Map([['orders', 0]]),
      })
      expect(second.duplicate).toBe(true)
      expect(plain(second)).toEqual(plain(first))
      expect(await events.read().toArray()).toHaveLength(3)
      expect((await events.get(second.ids[2]!))?.payload).toEqual({ n: 2 })
    },
  )

  test('is refused when its content differs in anything that the caller gave', async () => {
    await using host = new StoreHost()
    const { events, logs } = await host.open()
    const event: EventInput = { topic: 'a', payload: { n: 1 } }
    await events.append(event, { idempotencyKey: 'k' })
    const others: readonly (readonly EventInput[])[] = [
      [{ ...event, payload: { n: 2 } }],
      [{ ...event, topic: 'b' }],
      [{ ...event, timestamp: 1 }],
      [{ ...event, priority: 'low' }],
      [{ ...event, metadata: { n: 1 } }],
      [{ ...event, id: 'x' }],
      [{ ...event, checkpointMarker: 'x' }],
      [event, event],
    ]
    for (const other of others)
      await expect(events.append(other, { idempotencyKey: 'k' })).rejects.toEqual(
        failing('STREAM_IDEMPOTENCY_CONFLICT'),
      )
    await expect(events.append(event, { idempotencyKey: 'k', deliverAfterMs: 5 })).rejects.toEqual(
      failing('STREAM_IDEMPOTENCY_CONFLICT'),
    )
    expect(await events.read().toArray()).toHaveLength(1)
    // Another stream has keys of its own.
    const log = await logs.append({ topic: 'a', message: 'x' }, { idempotencyKey: 'k' })
    expect(log.duplicate).toBe(false)
    expect((await logs.append({ topic: 'a', message: 'x' }, { idempotencyKey: 'k' })).duplicate).toBe(true)
  })

  test('waits for one under way; of twins one appends', async () => {
    await using host = new StoreHost()
    const { events } = await host.open()
    const twins = await Promise.all(
      Array.from({ length: 10 }, () => events.append(order, { idempotencyKey: 'k' })),
    )
    expect(twins.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
    expect(new Set(twins.map(({ sequence }) => sequence)).size).toBe(1)
    expect(await events.read().toArray()).toHaveLength(3)
  })

  test('appends when the one before it failed', async () => {
    await using host = new StoreHost()
    const { events } = await host.open()
    const event = { topic: 'a', payload: 1 }
    const outcomes = await Promise.allSettled([
      events.append(event, { idempotencyKey: 'k', expectedVersion: 7 }),
      events.append(event, { idempotencyKey: 'k' }),
    ])
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'STREAM_VERSION_CONFLICT' } },
      { status: 'fulfilled', value: { duplicate: false } },
    ])
  })

  test('does not let the one after it overtake it', async () => {
    await using host = new StoreHost()
    const { logs } = await host.open()
    await Promise.all([
      logs.append({ topic: 'a', message: '1' }, { idempotencyKey: 'k' }),
      logs.append({ topic: 'a', message: '2' }),
      logs.append({ topic: 'a', message: '3' }, { idempotencyKey: 'l' }),
      logs.append({ topic: 'a', message: '4' }),
    ])
    expect((await logs.read().toArray()).map(({ message }) => message)).toEqual(['1', '2', '3', '4'])
  })
})

test('a key must be a text of 1 to 255 bytes', async () => {
  await using host = new StoreHost()
  const { logs } = await host.open()
  const entry = { topic: 'a', message: 'x' }
  await expect(logs.append(entry, { idempotencyKey: '' })).rejects.toEqual(failing('STREAM_VALUE_INVALID'))
  await expect(logs.append(entry, { idempotencyKey: 'é'.repeat(128) })).rejects.toEqual(
    failing('STREAM_LIMIT'),
  )
  await logs.append(entry, { idempotencyKey: 'é'.repeat(127) })
})

const hash = (n: number): Uint8Array => new Uint8Array(16).fill(n)

describe('keys', () => {
  test('are forgotten after their time, and later appends delete their rows, also of an earlier run', async () => {
    await using host = new StoreHost({ shardCount: 1 })
    let { store, events } = await host.open()
    const append = async (key: string): Promise<boolean> =>
      (await events.append({ topic: 'a', payload: 1 }, { idempotencyKey: key })).duplicate
    for (let n = 0; n < 600; n++) await append(`old ${n}`)
    host.clock.advance(IDEMPOTENCY_WINDOW_MS - 1)
    expect(await append('old 599')).toBe(true)
    host.clock.advance(1)
    ;({ store, events } = await host.reopen())
    expect(await append('old 300')).toBe(false)
    // Rows of an earlier run are read beside the appends, which go on meanwhile.
    let [added, remembered] = [0, Infinity]
    while (remembered > added + 1 && added < 2000) {
      for (let n = 0; n < 10; n++) expect(await append(`new ${added++}`)).toBe(false)
      const rows = await Array.fromAsync(store.scan('events_shard_0', keyspaceRange(KEYSPACE_IDEMPOTENCY)))
      remembered = rows.flat().length
    }
    expect(await append('old 300')).toBe(true)
    expect(remembered).toBe(added + 1)
    expect((await events.verify()).problems).toEqual([])
  })

  test('above their number push out the oldest', async () => {
    await using host = new StoreHost({ shardCount: 1 })
    const { store } = await host.open()
    const queue = new IdempotencyQueue(store, 'events_shard_0')
    await queue.load()
    const taken: number[] = []
    for (let n = 0; n < 40; n++) {
      const forgotten = queue.takeForgotten(0, 9)
      taken.push(...forgotten.keys.map((key) => key.hash[0]!))
      const operations = [...forgotten.operations, queue.add(hash(n), 1000)]
      const facts = { actor: 'test', action: 'events.test', resourceClass: 'events' }
      await store.commit(() => ({ facts, operations }))
    }
    expect(taken).toEqual(Array.from({ length: 30 }, (_, n) => n))
    const reread = new IdempotencyQueue(store, 'events_shard_0')
    await reread.load()
    expect([queue.count, reread.count]).toEqual([10, 10])
    // Of keys of an earlier run it reads first whose rows are theirs.
    expect(reread.takeForgotten(1000, 99).keys).toEqual([])
    await reread.drain()
    expect(reread.takeForgotten(1000, 99).keys.map((key) => key.hash[0])).toEqual([
      30, 31, 32, 33, 34, 35, 36, 37,
    ])
  })
})

test('whatever is asked for again, and whenever the store is reopened, each key appends once in its time', async () => {
  const call = fc.record({ key: fc.nat(5), content: fc.nat(1), reopen: fc.nat(9), advance: fc.nat(3) })
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 30 }), async (calls) => {
      await using host = new StoreHost({ shardCount: 2 })
      let { logs } = await host.open()
      const known = new Map<number, { content: number; sequence: number; until: number }>()
      let count = 0
      for (const { key, content, reopen, advance } of calls) {
        if (reopen === 0) logs = (await host.reopen()).logs
        if (reopen === 1) await logs.compact()
        host.clock.advance((advance * IDEMPOTENCY_WINDOW_MS) / 4)
        const now = host.clock.now()
        const first = known.get(key)
        const appended = logs.append(
          { topic: `t${key}`, message: `${content}` },
          { idempotencyKey: `${key}` },
        )
        if (first === undefined || first.until <= now) {
          const receipt = await appended
          expect(receipt.duplicate).toBe(false)
          known.set(key, { content, sequence: receipt.sequence, until: receipt.time + IDEMPOTENCY_WINDOW_MS })
          count++
        } else if (first.content === content)
          expect(await appended).toMatchObject({ duplicate: true, sequence: first.sequence })
        else await expect(appended).rejects.toEqual(failing('STREAM_IDEMPOTENCY_CONFLICT'))
      }
      expect(await logs.read().toArray()).toHaveLength(count)
    }),
    { numRuns: 40 },
  )
})
