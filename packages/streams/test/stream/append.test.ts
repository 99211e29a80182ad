import { inspect } from 'node:util'
import { randomFillSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { APPEND_ENTRIES_MAX, openEvents, type EventStream, type LogStream } from '../../src/index.ts'
import { MESSAGE_BYTES_MAX } from '../../src/entry/limits.ts'
import { StoreHost } from './store-host.ts'

const failing = (code: string): unknown => expect.objectContaining({ code })

/** Text of three-byte characters that hardly compresses: the least favourable content of a block. */
function denseText(characters: number, salt: number): string {
  let state = salt + 1
  return Array.from({ length: characters }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return String.fromCharCode(0x1000 + ((state >>> 9) % 0xa000))
  }).join('')
}

async function withVersion(events: EventStream): Promise<void> {
  await events.append([
    { topic: 'a', payload: 1 },
    { topic: 'a', payload: 2 },
  ])
}

async function expectUntouched(logs: LogStream): Promise<void> {
  expect(logs.topics()).toEqual([])
  await logs.append({ topic: 'new', message: 'later' })
  expect(logs.topics().map(({ name, version }) => [name, version])).toEqual([['new', 1]])
}

describe('appends at once', () => {
  test('of 64 callers share a few commits and keep the order of the calls', async () => {
    await using host = new StoreHost()
    const { store, logs } = await host.open()
    const before = store.sequence
    const receipts = await Promise.all(
      Array.from({ length: 64 }, (_, n) => logs.append({ topic: 'a', message: `${n}` })),
    )
    expect(store.sequence - before).toBeLessThanOrEqual(2)
    expect(new Set(receipts.flatMap(({ ids }) => ids)).size).toBe(64)
    const messages = (await logs.read().toArray()).map(({ message }) => Number(message))
    expect(messages).toEqual(messages.toSorted((left, right) => left - right))
  })

  test('with one expected version let exactly one through, and name the version it made', async () => {
    await using host = new StoreHost()
    const { events } = await host.open()
    const event = { topic: 'order', payload: 1 }
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => events.append(event, { expectedVersion: 0 })),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'STREAM_VERSION_CONFLICT', details: { actual: 1 } })
    }
    expect(events.topics()[0]!.version).toBe(1)
  })

  test('that retry after a conflict all come through: who is refused can read what stood against it', async () => {
    await using host = new StoreHost()
    const { events } = await host.open()
    const add = async (): Promise<void> => {
      for (;;) {
        const version = events.topics('counter')[0]?.version ?? 0
        const refusal = await events
          .append({ topic: 'counter', payload: version }, { expectedVersion: version })
          .then(
            () => undefined,
            (error: unknown) => error,
          )
        if (refusal === undefined) return
        expect(refusal).toEqual(failing('STREAM_VERSION_CONFLICT'))
      }
    }
    await Promise.all(Array.from({ length: 12 }, add))
    expect((await events.read().toArray()).map(({ payload }) => payload)).toEqual(
      Array.from({ length: 12 }, (_, n) => n),
    )
  })

  test('with one id of the caller store it once, and the others learn of it when it is stored', async () => {
    await using host = new StoreHost()
    const { events } = await host.open()
    const event = { topic: 'pay', payload: 1, id: 'payment-1' }
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, async () => {
        try {
          await events.append(event)
        } catch (error) {
          expect(await events.has('payment-1')).toBe(true)
          throw error
        }
      }),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toEqual(failing('STREAM_ID_EXISTS'))
  })

  test('keep the order of the calls when they have to wait for room', async () => {
    await using host = new StoreHost({ shardCount: 1 })
    const { events } = await host.open()
    const payload = randomFillSync(new Uint8Array(1_000_000))
    const calls = Array.from({ length: 100 }, (_, n) =>
      events.append({ topic: 'a', payload: n % 5 === 4 ? n : payload, metadata: { n } }),
    )
    await Promise.all(calls)
    const order = (await events.read().toArray()).map(({ metadata }) => metadata['n'])
    expect(order).toEqual(order.map((_, n) => n))
  })
})

describe('expected versions', () => {
  test.each([
    ['none', 'b', true],
    ['none', 'a', false],
    ['exists', 'a', true],
    ['exists', 'b', false],
    [2, 'a', true],
    [1, 'a', false],
    [0, 'b', true],
  ] as const)('%s for topic %s holds: %s', async (expectedVersion, topic, holds) => {
    await using host = new StoreHost()
    const { events } = await host.open()
    await withVersion(events)
    const appended = events.append({ topic, payload: 3 }, { expectedVersion })
    if (holds) await appended
    else await expect(appended).rejects.toEqual(failing('STREAM_VERSION_CONFLICT'))
  })

  test('of several topics come as a map and are all met or none is written', async () => {
    await using host = new StoreHost()
    const { events } = await host.open()
    await withVersion(events)
    const both = [
      { topic: 'a', payload: 3 },
      { topic: 'b', payload: 3 },
    ]
    await expect(events.append(both, { expectedVersion: 2 })).rejects.toEqual(failing('STREAM_VALUE_INVALID'))
    await expect(
      events.append(both, {
        expectedVersion: new Map([
          ['a', 2],
          ['b', 1],
        ]),
      }),
    ).rejects.toEqual(failing('STREAM_VERSION_CONFLICT'))
    const receipt = await events.append(both, {
      expectedVersion: new Map<string, number | 'none'>([
        ['a', 2],
        ['b', 'none'],
      ]),
    })
    expect([...receipt.versions]).toEqual([
      ['a', 3],
      ['b', 1],
    ])
  })
})

describe('an append that is refused', () => {
  test.each([
    [
      'an invalid topic after a good one',
      'STREAM_TOPIC_INVALID',
      [
        { topic: 'new', message: '' },
        { topic: 'a b', message: '' },
      ],
    ],
    [
      'one id twice',
      'STREAM_ID_EXISTS',
      [
        { topic: 'new', message: '', id: 'x' },
        { topic: 'new', message: '', id: 'x' },
      ],
    ],
    ['a lone surrogate', 'STREAM_VALUE_INVALID', [{ topic: 'new', message: '\ud800' }]],
    ['no entry', 'STREAM_VALUE_INVALID', []],
    [
      'too many entries',
      'STREAM_LIMIT',
      Array.from({ length: APPEND_ENTRIES_MAX + 1 }, () => ({ topic: 'new', message: '' })),
    ],
    [
      'too many bytes',
      'STREAM_LIMIT',
      Array.from({ length: 9 }, () => ({ topic: 'new', message: 'é'.repeat(MESSAGE_BYTES_MAX / 2) })),
    ],
  ])('for %s leaves nothing behind', async (_, code, inputs) => {
    await using host = new StoreHost({ shardCount: 1 })
    const { logs } = await host.open()
    await expect(logs.append(inputs)).rejects.toEqual(failing(code))
    await expectUntouched(logs)
    await logs.append({ topic: 'new', message: '', id: 'x' })
  })

  test('does not touch the others of its commit', async () => {
    await using host = new StoreHost()
    const { logs } = await host.open()
    const good = logs.append({ topic: 'a', message: 'good' })
    const bad = logs.append({ topic: 'a b', message: 'bad' })
    const alsoGood = logs.append({ topic: 'a', message: 'also good' })
    await expect(bad).rejects.toEqual(failing('STREAM_TOPIC_INVALID'))
    expect((await alsoGood).sequence).toBe((await good).sequence)
  })
})

describe('an append of the least favourable content', () => {
  test.each([
    [
      'many texts of three-byte characters',
      Array.from({ length: 26 }, (_, n) => ({ topic: 'a', message: denseText(100_000, n) })),
    ],
    [
      'nothing but long ids and markers',
      Array.from({ length: 10_000 }, (_, n) => ({
        topic: 'a',
        message: '',
        id: `${n}${denseText(40, n)}`,
        checkpointMarker: denseText(42, n),
      })),
    ],
    [
      'one row at every limit',
      [
        {
          topic: 'a',
          message: denseText(349_525, 3),
          metadata: { a: denseText(21_800, 4) },
          id: denseText(42, 5),
          checkpointMarker: denseText(42, 6),
        },
      ],
    ],
  ])('%s is stored and read back', async (_, inputs) => {
    await using host = new StoreHost({ shardCount: 1 })
    await (await host.open()).logs.append(inputs)
    const { logs } = await host.reopen()
    expect((await logs.read().toArray()).map(({ message }) => message)).toEqual(
      inputs.map(({ message }) => message),
    )
    expect((await logs.append({ topic: 'a', message: 'goes on' })).count).toBe(1)
  })
})

describe('ids', () => {
  test('of callers find their entry, also when they are shaped like ours', async () => {
    await using host = new StoreHost()
    const { logs } = await host.open()
    const { ids } = await logs.append({ topic: 'a', message: 'first' })
    const shaped = ids[0]!.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
    await logs.append([
      { topic: 'b', message: 'second', id: shaped },
      { topic: 'b', message: 'third', id: 'höhe/1' },
    ])
    for (const open of [() => Promise.resolve({ logs }), () => host.reopen()]) {
      const { logs: one } = await open()
      expect((await one.get(ids[0]!))?.message).toBe('first')
      expect((await one.get(shaped))?.message).toBe('second')
      expect((await one.get('höhe/1'))?.message).toBe('third')
      expect(await one.get('nobody')).toBeUndefined()
      await expect(one.append({ topic: 'c', message: '', id: 'höhe/1' })).rejects.toEqual(
        failing('STREAM_ID_EXISTS'),
      )
    }
  })

  test('lead to one entry each, whatever the commit', async () => {
    await using host = new StoreHost()
    const { logs } = await host.open()
    const receipt = await logs.append(
      Array.from({ length: 50 }, (_, n) => ({ topic: `t${n % 7}`, message: `${n}` })),
    )
    // Whatever shows or keeps a receipt has all of it.
    const written = JSON.parse(JSON.stringify(receipt)) as Record<string, unknown>
    expect(written).toMatchObject({
      ids: receipt.ids,
      count: 50,
      versions: Object.fromEntries(receipt.versions),
    })
    expect(inspect(receipt)).toContain(receipt.ids[0])
    for (const [n, id] of receipt.ids.entries()) expect((await logs.get(id))?.message).toBe(`${n}`)
    const last = receipt.ids[49]!
    expect(
      await logs.get(last.slice(0, -1) + ((Number.parseInt(last.at(-1)!, 16) + 1) % 16).toString(16)),
    ).toBeUndefined()
  })
})

test('a payload that is changed by its reader stays as it was for the next one', async () => {
  await using host = new StoreHost()
  const { store } = await host.open()
  const events = await openEvents(store, { shardCount: host.shardCount })
  const { ids } = await events.append({ topic: 'a', payload: Uint8Array.of(1, 2, 3) })
  const first = (await events.get(ids[0]!))!.payload as Uint8Array
  expect(first.constructor).toBe(Uint8Array)
  first.fill(9)
  expect((await events.get(ids[0]!))!.payload).toEqual(Uint8Array.of(1, 2, 3))
})

test('after close appends are refused and those under way are stored', async () => {
  const host = new StoreHost()
  const { logs } = await host.open()
  const pending = logs.append({ topic: 'a', message: 'under way' })
  await Promise.all([logs.close(), pending])
  await expect(logs.append({ topic: 'a', message: 'late' })).rejects.toEqual(failing('STORE_CLOSED'))
  await using again = host
  expect(await (await again.reopen()).logs.read().toArray()).toHaveLength(1)
})
