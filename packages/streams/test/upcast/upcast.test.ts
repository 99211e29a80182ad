import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '@forgeone/common'
import type { EventMessage, EventStream, UpcastDefinition } from '../../src/index.ts'
import { verifyEntryProof } from '../../src/index.ts'
import { patternsOverlap } from '../../src/topic/patterns-overlap.ts'
import { compileTopicPattern } from '../../src/topic/topic-pattern.ts'
import * as fc from 'fast-check'
import { StoreHost } from '../stream/store-host.ts'

const failing = (code: string): unknown => expect.objectContaining({ code })

/** Adds the step to the names in the payload, so that a test sees which were applied, and in what order. */
function step(topic: string, from: number): UpcastDefinition {
  const apply = (payload: JsonValue | Uint8Array): JsonValue => {
    const object = payload as { steps?: string[] }
    // In place, on purpose: it is a copy.
    ;(object.steps ??= []).push(`${from}>${from + 1}`)
    return object as JsonObject
  }
  return { topic, from, to: from + 1, apply }
}

const shown = ({ payload, metadata }: EventMessage): unknown => [payload, metadata['schemaVersion']]

async function fill(events: EventStream): Promise<readonly string[]> {
  const { ids } = await events.append([
    { topic: 'orders.a', payload: { n: 1 } },
    { topic: 'orders.a', payload: { n: 2 }, metadata: { schemaVersion: 2 } },
    { topic: 'orders.a', payload: { n: 3 }, metadata: { schemaVersion: 3 } },
    { topic: 'orders.a', payload: { n: 4 }, metadata: { schemaVersion: 'mine' } },
    { topic: 'mails', payload: { n: 5 } },
  ])
  return ids
}

const UPCAST: readonly unknown[] = [
  [{ n: 1, steps: ['1>2', '2>3'] }, 3],
  [{ n: 2, steps: ['2>3'] }, 3],
  [{ n: 3 }, 3],
  [{ n: 4 }, 'mine'],
  [{ n: 5 }, undefined],
]

describe.each(['hot', 'cold'])('an upcast of events in %s blocks', (kind) => {
  test('is applied by every way of reading, step after step from the version of the event', async () => {
    await using host = new StoreHost({ shardCount: 1 })
    let { events } = await host.open()
    const ids = await fill(events)
    if (kind === 'cold') await events.compact()
    events = (await host.reopen()).events
    const stored = await events.read().toArray()
    events.defineUpcast(step('orders.*', 1))
    events.defineUpcast(step('orders.*', 2))
    const read = await events.read().toArray()
    expect(read.map(shown)).toEqual(UPCAST)
    expect((await events.search('payload.n:>0').toArray()).map(shown)).toEqual(UPCAST)
    expect(shown((await events.get(ids[0]!))!)).toEqual(UPCAST[0])
    for await (const event of events.tail({ from: 0 })) {
      expect(shown(event)).toEqual(UPCAST[0])
      break
    }
    // Queries see what is stored, and so do hashes.
    expect(await events.search('payload.steps:*').toArray()).toEqual([])
    expect(read.map(({ contentHash }) => contentHash)).toEqual(stored.map(({ contentHash }) => contentHash))
    expect(JSON.parse(JSON.stringify(read[0]))).toMatchObject({
      payload: { n: 1, steps: ['1>2', '2>3'] },
      metadata: { schemaVersion: 3 },
      contentHash: stored[0]!.contentHash,
    })
    const proof = await events.prove(ids[0]!)
    const entries = await Promise.all(proof.ids.map(async (id) => (await events.get(id))!))
    expect(verifyEntryProof({ proof, entries, root: proof.root })).toBe(true)
  })
})

test('groups deliver upcast events, and keep in a dead letter what was appended', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { events } = await host.open()
  events.defineUpcast(step('>', 1))
  const { ids } = await events.append({ topic: 'orders.a', payload: { n: 1 } })
  const subscription = events.subscribe({ group: 'g', topics: 'orders.>', from: 'start' })
  const [delivery] = await subscription.nextBatch(1)
  expect(shown(delivery!.entry)).toEqual([{ n: 1, steps: ['1>2'] }, 2])
  await delivery!.deadLetter('no')
  await subscription.close()
  const [dead] = await events.read({ topic: '$dead.g' }).toArray()
  expect(dead).toMatchObject({ payload: { n: 1 }, metadata: { $dead: { id: ids[0] } } })
  expect(dead!.metadata).not.toHaveProperty('schemaVersion')
})

test('an upcast that fails names its event, and the others are served', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { events } = await host.open()
  const ids = await fill(events)
  const reason = new Error('no')
  events.defineUpcast({
    ...step('>', 1),
    apply: () => {
      throw reason
    },
  })
  // A caller in JavaScript may forget to return.
  events.defineUpcast({ ...step('>', 2), apply: (() => undefined) as unknown as UpcastDefinition['apply'] })
  const outcomes = (await events.read().toArray()).map((event) => {
    try {
      return event.payload
    } catch (error) {
      return error
    }
  })
  expect(outcomes).toEqual([
    expect.objectContaining({
      code: 'STREAM_UPCAST_FAILED',
      cause: reason,
      details: { id: ids[0], topic: 'orders.a', from: 1, to: 2 },
    }),
    expect.objectContaining({ code: 'STREAM_UPCAST_FAILED', details: expect.objectContaining({ from: 2 }) }),
    { n: 3 },
    { n: 4 },
    failing('STREAM_UPCAST_FAILED'),
  ])
})

test('definitions that are given twice, overlap, skip a version or leave a gap are refused', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { events } = await host.open()
  events.defineUpcast(step('orders.*', 2))
  const refused: readonly UpcastDefinition[] = [
    step('orders.*', 2),
    step('orders.a', 2),
    step('>', 2),
    step('orders.*', 4),
    { ...step('orders.*', 1), to: 3 },
    { ...step('orders.*', 1), to: 1 },
    { ...step('other', 0), to: 1 },
  ]
  for (const definition of refused)
    expect(() => events.defineUpcast(definition)).toThrow(failing('STREAM_VALUE_INVALID') as Error)
  expect(() => events.defineUpcast(step('a*', 1))).toThrow(failing('STREAM_PATTERN_INVALID') as Error)
  events.defineUpcast(step('orders.*', 3))
  events.defineUpcast(step('orders.*', 1))
  events.defineUpcast(step('orders.a.b', 2))
})

test('two patterns overlap exactly when some topic matches both', () => {
  const token = fc.constantFrom('a', 'b', '*')
  const pattern = fc
    .tuple(fc.array(token, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([tokens, open]) => [...tokens, ...(open ? ['>'] : [])].join('.'))
  const topics: string[] = []
  let level = ['a', 'b']
  for (let depth = 0; depth < 5; depth++) {
    topics.push(...level)
    level = level.flatMap((name) => [`${name}.a`, `${name}.b`])
  }
  fc.assert(
    fc.property(pattern, pattern, (left, right) => {
      const [one, other] = [compileTopicPattern(left), compileTopicPattern(right)]
      const expected = topics.some((topic) => one.matches(topic) && other.matches(topic))
      expect(patternsOverlap(left, right)).toBe(expected)
    }),
    { numRuns: 300 },
  )
})
