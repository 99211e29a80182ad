import { ByteWriter } from '@forgeone/common'
import { expect, test } from 'vitest'
import { waitingKey, stateKey } from '../../src/group/group-keys.ts'
import { KEYSPACE_CHECKPOINT, KEYSPACE_GROUP } from '../../src/shard/keys.ts'
import { appendNumbers, GroupHost, payloads, takeAvailable, takeExactly } from './group-host.ts'

const DATABASE = 'events_shard_0'
const errorCode = (code: string): unknown => expect.objectContaining({ code })

/** A group with one event out, one waiting and one unread, and a checkpoint. */
async function filled(host: GroupHost): Promise<{ readonly groupId: number }> {
  const { events, store } = await host.open()
  await appendNumbers(events, 'a', 3)
  const before = store.sequence
  const subscription = events.subscribe({ group: 'g', topics: 'a' })
  const [first] = await takeExactly(subscription, 2)
  await first!.nack({ delayMs: 1000 })
  await events.checkpoints.set('c')
  return { groupId: before + 1 }
}

const GARBAGE: readonly [string, (groupId: number) => Uint8Array][] = [
  ['definition', () => new Uint8Array(17).fill(9).with(0, KEYSPACE_GROUP)],
  ['state', (groupId) => stateKey(groupId, 1_000_000)],
  ['waiting row', (groupId) => waitingKey(groupId, 1_000_000)],
]

test.each(GARBAGE)(
  'a damaged %s of a group sets the groups of its shard aside, and readers go on',
  async (_, keyOf) => {
    await using host = new GroupHost({ shardCount: 1 })
    const { groupId } = await filled(host)
    const { store } = await host.reopen()
    const value = new Uint8Array(40).fill(0xee)
    const facts = { actor: 'test', action: 'test.damage', resourceClass: 'test' }
    const key = keyOf(groupId)
    await store.commit(() => ({ facts, operations: [{ type: 'put', database: DATABASE, key, value }] }))
    const { events } = await host.reopen()
    expect(await events.read().toArray()).toHaveLength(3)
    expect(events.groups.list()).toEqual([])
    expect(() => events.groups.get('g')).toThrow(errorCode('STREAM_BLOCK_DAMAGED'))
    const subscription = events.subscribe({ group: 'g', topics: 'a' })
    await expect(subscription.nextBatch(1)).rejects.toThrow(errorCode('STREAM_BLOCK_DAMAGED'))
    expect(events.checkpoints.get('c')).toBeDefined()
  },
)

test('a damaged checkpoint sets the checkpoints of its shard aside, and groups go on', async () => {
  await using host = new GroupHost({ shardCount: 1 })
  await filled(host)
  const { store } = await host.reopen()
  const facts = { actor: 'test', action: 'test.damage', resourceClass: 'test' }
  const key = new Uint8Array(25).fill(9).with(0, KEYSPACE_CHECKPOINT)
  const value = new Uint8Array(3)
  await store.commit(() => ({ facts, operations: [{ type: 'put', database: DATABASE, key, value }] }))
  const { events } = await host.reopen()
  await expect(events.checkpoints.set('c')).rejects.toThrow(errorCode('STREAM_BLOCK_DAMAGED'))
  expect(payloads(await takeAvailable(events.subscribe({ group: 'g' })))).toEqual([1, 2])
})

test('rows whose group is gone are deleted when the stream opens', async () => {
  await using host = new GroupHost({ shardCount: 1 })
  const { store } = await host.open()
  const facts = { actor: 'test', action: 'test.orphans', resourceClass: 'test' }
  const keys = [stateKey(77, 1), waitingKey(77, 1)]
  const value = new ByteWriter().u8(1).finish()
  const operations = keys.map((key) => ({ type: 'put' as const, database: DATABASE, key, value }))
  await store.commit(() => ({ facts, operations }))
  const reopened = await host.reopen()
  expect(await reopened.store.getMany(DATABASE, keys)).toEqual([undefined, undefined])
})
