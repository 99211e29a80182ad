import { join } from 'node:path'
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { Forge } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

const Order = z.object({ id: z.int(), placed: z.iso.datetime().transform((text) => new Date(text)) })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let forge: Forge

beforeAll(async () => {
  folder = await temporaryFolder()
  forge = await Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
})
afterAll(async () => {
  await forge.close()
  await folder[Symbol.asyncDispose]()
})

const placed = '2026-11-30T12:00:00Z'

test('payloads are checked when they are written, and come back as the schema makes them', async () => {
  const orders = forge.events.topic('orders.typed', Order)
  await orders.append({ id: 1, placed })
  await orders.append([
    { id: 2, placed },
    { id: 3, placed },
  ])
  const read = await Array.fromAsync(orders.read())
  expectTypeOf(read[0]!.payload).toEqualTypeOf<{ id: number; placed: Date }>()
  expect(read.map(({ payload }) => payload.id)).toEqual([1, 2, 3])
  expect(read[0]).toMatchObject({
    topic: 'orders.typed',
    payload: { placed: new Date(placed) },
    contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  // What is stored is what was given.
  const [raw] = await forge.events.read({ topic: 'orders.typed' }).toArray()
  expect(raw!.payload).toEqual({ id: 1, placed })
})

test('what does not fit is refused with its place, and nothing of the call is written', async () => {
  const orders = forge.events.topic('orders.refused', Order)
  const bad = [{ id: 1, placed }, { id: 'two', placed } as never]
  await expect(orders.append(bad)).rejects.toMatchObject({
    code: 'STREAM_SCHEMA_MISMATCH',
    message: expect.stringMatching(/^the payload does not fit the schema: id: /),
  })
  expect(forge.events.topics('orders.refused')).toEqual([])
  for (const schema of [undefined, {}, { '~standard': { version: 2, validate: () => ({}) } }, z.object])
    expect(() => forge.events.topic('orders', schema as never)).toThrow(
      expect.objectContaining({ code: 'STREAM_VALUE_INVALID' }),
    )
  expect(() => forge.events.topic('', Order)).toThrow(
    expect.objectContaining({ code: 'STREAM_TOPIC_INVALID' }),
  )
})

test('an event that does not fit stops a reading, and goes to the dead letters of a group', async () => {
  await forge.events.append({ topic: 'orders.old', payload: { id: 'not yet a number', placed } })
  const orders = forge.events.topic('orders.old', Order)
  await expect(Array.fromAsync(orders.read())).rejects.toMatchObject({ code: 'STREAM_SCHEMA_MISMATCH' })
  await orders.append({ id: 9, placed })
  const seen: number[] = []
  const subscription = orders.subscribe(
    { group: 'typed', maxDeliveries: 1, from: 'start' },
    ({ payload }) => {
      expectTypeOf(payload).toEqualTypeOf<{ id: number; placed: Date }>()
      seen.push(payload.id)
    },
  )
  await expect.poll(() => forge.events.topics('$dead.typed').length, { timeout: 120_000 }).toBe(1)
  await expect.poll(() => seen, { timeout: 120_000 }).toEqual([9])
  await subscription.close()
})

test('a principal has of a topic what he has of its events', async () => {
  await forge.access.grant({
    holder: 'ann',
    actions: ['data.write'],
    resource: 'events/orders/mine',
    effect: 'allow',
  })
  const { events } = forge.as('ann')
  await events.topic('orders.mine', Order).append({ id: 1, placed })
  const refused = { code: 'ACCESS_DENIED' }
  await expect(events.topic('orders.other', Order).append({ id: 1, placed })).rejects.toMatchObject(refused)
  expect(() => events.topic('orders.mine', Order).read()).toThrow(expect.objectContaining(refused))
})
