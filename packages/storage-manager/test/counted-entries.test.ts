import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Operation } from '@forgeone/engine'
import { expect, test } from 'vitest'
import { Forge, type ForgeOptions } from '../src/index.ts'
import { openStore } from '../src/manager/open-store.ts'
import { PLANS } from './plans.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

const line = (n: number): { topic: string; message: string } => ({ topic: 'app', message: `line ${n}` })
const event = (n: number): { topic: string; payload: number } => ({ topic: 'orders', payload: n })

async function counts(forge: Forge): Promise<readonly string[]> {
  const { problems } = await forge.verify()
  return problems.map(({ code, where }) => `${code} ${where}`)
}

/** Takes the newest block of a shard out by a commit: every check of rows and descriptions holds, only the leaves tell of it. */
async function takeNewestBlock(options: ForgeOptions, database: string): Promise<void> {
  const { store } = await openStore({ ...options, create: 'never' }, { plans: PLANS })
  const operations: Operation[] = []
  for (const keyspace of [0x20, 0x21]) {
    const range = { from: Uint8Array.of(keyspace), to: Uint8Array.of(keyspace + 1) }
    for await (const page of store.scan(database, range, { reverse: true, limit: 1 }))
      operations.push(...page.map(({ key }): Operation => ({ type: 'delete', database, key })))
  }
  expect(operations.length).toBe(2)
  const facts = { actor: 'app', action: 'logs.retain', resourceClass: 'logs' }
  await store.commit(() => ({ facts, operations }))
  await store.close()
}

test('entries that leaves tell of and no shard has are a problem of the stream, until they are accepted', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
  const forge = await Forge.open(options)
  for (let n = 0; n < 3; n++) await forge.logs.append([line(n), line(n)])
  await forge.events.append([event(1), event(2)])
  await forge.events.append(event(3), { idempotencyKey: 'once' })
  await forge.events.append(event(3), { idempotencyKey: 'once' })
  expect(await counts(forge)).toEqual([])
  await forge.close()
  await takeNewestBlock(options, 'logs_shard_0')
  const damaged = await Forge.open(options)
  expect(await counts(damaged)).toEqual(['STATE_MISMATCH logs'])
  expect((await damaged.verify()).problems[0]?.message).toContain('6 entries, and 4 have a place')
  await damaged.close()
  const accepted = await Forge.open({ ...options, acceptRollback: { reason: 'they are lost' } })
  expect(await counts(accepted)).toEqual([])
  await accepted.logs.append([line(9)])
  await accepted.events.append(event(9))
  expect(await counts(accepted)).toEqual([])
  await accepted.close()
  await takeNewestBlock(options, 'events_shard_0')
  const again = await Forge.open(options)
  expect(await counts(again)).toEqual(['STATE_MISMATCH events'])
  await again.close()
})

test('leaves count what is there whatever was done with it: removed, compacted, settled, erased, reopened, copied', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 3 }
  const forge = await Forge.open(options)
  for (const topic of ['a', 'b', 'c', 'd'])
    await forge.logs.append(Array.from({ length: 40 }, (_, n) => ({ topic, message: `line ${n}` })))
  await forge.logs.compact()
  await forge.logs.topicOperations.remove('b')
  await forge.events.append(Array.from({ length: 20 }, (_, n) => ({ topic: `t${n % 3}`, payload: n })))
  const group = forge.events.subscribe({ group: 'g', topics: '>', from: 'start' })
  const [first, second] = await group.nextBatch(2)
  await first!.ack({ append: [event(1), event(2)] })
  await second!.deadLetter('no')
  await group.close()
  await forge.events.topicOperations.remove('t1')
  expect(await counts(forge)).toEqual([])
  const target = join(folder.path, 'image')
  await forge.checkpoint(target)
  for (const name of ['keyring', 'keyring.copy']) cpSync(join(options.path, name), join(target, name))
  await forge.logs.append(line(1))
  await forge.close()
  const again = await Forge.open(options)
  await again.logs.append(line(2))
  expect(await counts(again)).toEqual([])
  await again.close()
  const image = await Forge.open({ ...options, path: target })
  expect(await counts(image)).toEqual([])
  await image.close()
})

test('counting is right beside writers', async () => {
  await using folder = await temporaryFolder()
  const forge = await Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 2 })
  const ending = new AbortController()
  const writers = [0, 1, 2].map(async (n) => {
    while (!ending.signal.aborted) {
      await forge.logs.append([line(n), line(n)])
      await forge.events.append(event(n))
      // Refused, though its place was taken for a moment.
      await forge.events.append(event(n), { expectedVersion: 0 }).catch(() => undefined)
    }
  })
  for (let round = 0; round < 10; round++) expect(await counts(forge)).toEqual([])
  ending.abort()
  await Promise.all(writers)
  await forge.close()
})
