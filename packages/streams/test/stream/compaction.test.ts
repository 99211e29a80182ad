import { setTimeout as delay } from 'node:timers/promises'
import { SeededRandom } from '@forgeone/common'
import type { Operation } from '@forgeone/engine'
import { describe, expect, test } from 'vitest'
import { openLogs, type LogStream } from '../../src/index.ts'
import { coldIndexKey, coldKey, filtersKey, TABLE_SECTION } from '../../src/shard/keys.ts'
import { StoreHost, type Opened } from './store-host.ts'
import { isOnDistantStores } from '../store-place.ts'

const DATABASE = 'logs_shard_0'
const LINES = 3000

const random = new SeededRandom(7)
/** Each with a word of its own that does not compress, so that sections are large enough for a filter. */
const WORDS = Array.from(
  { length: LINES },
  () =>
    random.below(2 ** 31).toString(36) +
    random.below(2 ** 31).toString(36) +
    random.below(2 ** 31).toString(36),
)

const lineOf = (n: number): string => `request ${n} of ${WORDS[n]} took ${(n * 37) % 900} ms`

async function filled(host: StoreHost): Promise<Opened> {
  const opened = await host.open()
  for (let n = 0; n < LINES; n += 500) {
    await opened.logs.append(
      Array.from({ length: 500 }, (_, m) => ({ topic: m % 2 === 0 ? 'a' : 'b', message: lineOf(n + m) })),
    )
  }
  return opened
}

const texts = async (logs: LogStream, query: string): Promise<string[]> =>
  (await logs.search(query).toArray()).map(({ message }) => message)

test('begins by itself when enough is hot, while entries are appended and read', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { store } = await host.open()
  const logs = await openLogs(store, { shardCount: 1 })
  let appended = 0
  const deadline = performance.now() + 300_000
  while (logs.coldBytes().rawBytes === 0 && performance.now() < deadline) {
    await logs.append(
      Array.from({ length: 1000 }, () => ({
        topic: 'a',
        message: `${appended++} ${random.below(2 ** 31)} ${'.'.repeat(1000)}`,
      })),
    )
    await delay(1)
    let expected = 0
    for await (const { message } of logs.read({ limit: 200 }))
      expect(message.startsWith(`${expected++} `)).toBe(true)
  }
  expect(logs.coldBytes().rawBytes).toBeGreaterThan(0)
  let expected = 0
  for await (const { message } of logs.read()) expect(message.startsWith(`${expected++} `)).toBe(true)
  expect(expected).toBe(appended)
  expect((await logs.verify()).problems).toEqual([])
  await logs.close()
})

test('leaves ids, order, counts and hashes of entries as they were', async () => {
  await using host = new StoreHost({ shardCount: 2 })
  const { logs } = await filled(host)
  const before = (await logs.read().toArray()).map((entry) => JSON.stringify(entry))
  for (const level of ['fast', 'default', 'max'] as const) {
    await logs.compact({ level })
    const after = await logs.read().toArray()
    expect(
      after.map((entry) => JSON.stringify(entry)),
      level,
    ).toEqual(before)
    const { id } = after[LINES - 7]!
    expect(JSON.stringify(await logs.get(id)), level).toBe(before[LINES - 7])
  }
  expect((await logs.compact({ level: 'fast' })).blocksWritten, 'what is small stays small').toBe(0)
})

test('a reader that stands in the midst of a block goes on behind it when the block is rewritten', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { logs } = await filled(host)
  const seen: string[] = []
  for await (const batch of logs.read().batches()) {
    seen.push(...batch.map(({ message }) => message))
    if (seen.length === 1000) await logs.compact({ level: 'fast' })
    if (seen.length === 2000) await logs.compact()
  }
  expect(seen).toEqual(Array.from({ length: LINES }, (_, n) => lineOf(n)))
})

test('a filter spares a search the blocks without the word, and never one with it', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { logs } = await filled(host)
  await logs.append({ topic: 'a', message: 'the needle, once' })
  await logs.compact()
  let skipped = 0
  for (let n = 0; n < 20; n++) {
    const absent = logs.search(`haystack${n}`)
    expect(await absent.toArray()).toEqual([])
    const { blocksRead, blocksSkippedByFilter } = absent.explain()
    expect(blocksRead + blocksSkippedByFilter).toBe(1)
    skipped += blocksSkippedByFilter
  }
  // Each store has a seed of its own, and a filter lets one word in a few dozen pass.
  expect(skipped).toBeGreaterThan(10)
  for (const query of [
    'needle',
    'i(NEEDLE)',
    '"the needle"',
    'needl*',
    '*"eedle, on"*',
    '~"n[e]+dle"',
    `request AND ${WORDS[5]}`,
  ])
    expect((await texts(logs, query)).length, query).toBe(1)
  const { filtersRead, filtersRejected } = logs.search('topic:b needle').explain()
  expect({ filtersRead, filtersRejected }).toEqual({ filtersRead: 0, filtersRejected: 0 })
})

/** Changes the rows below the stream, by a commit that is authentic in itself. */
async function change({ store }: Opened, operation: Operation): Promise<void> {
  await store.commit(() => ({
    facts: { actor: 'test', action: 'test.damage', resourceClass: 'test' },
    operations: [operation],
  }))
}

describe('a cold block that is not what was written', () => {
  const section = coldKey(0, 0, 0)
  const table = coldKey(0, TABLE_SECTION, 0)

  const damages: readonly (readonly [string, Uint8Array, Uint8Array | undefined])[] = [
    ['a missing section', section, undefined],
    ['a section of garbage', section, new Uint8Array(100)],
    ['a missing table', table, undefined],
    ['a table of garbage', table, new Uint8Array(40)],
    ['missing filters', filtersKey(0), undefined],
    ['filters of garbage', filtersKey(0), new Uint8Array(9)],
  ]
  // Each takes a compaction: elsewhere one of each three shows the same.
  test.each(damages.filter((_, n) => n % 3 === 0 || !isOnDistantStores()))(
    '(%s) is named by reader and verify',
    async (_, key, value) => {
      await using host = new StoreHost({ shardCount: 1 })
      const opened = await filled(host)
      await opened.logs.compact()
      await change(
        opened,
        value === undefined
          ? { type: 'delete', database: DATABASE, key }
          : { type: 'put', database: DATABASE, key, value },
      )
      const { logs } = await host.reopen()
      await expect(texts(logs, 'topic:a request')).rejects.toMatchObject({
        code: 'STREAM_BLOCK_DAMAGED',
        details: { database: DATABASE, sequence: 0 },
      })
      expect((await logs.verify()).problems).toContainEqual(
        expect.objectContaining({ code: 'STREAM_BLOCK_DAMAGED', where: `${DATABASE} block 0` }),
      )
      // What is appended from now on is served.
      await logs.append({ topic: 'a', message: 'later' })
      const behind = await logs.read({ from: { position: `p6.0.${LINES - 1}` } }).toArray()
      expect(behind.map(({ message }) => message)).toEqual(['later'])
    },
  )

  test('(a missing index row) takes the shard offline rather than skip its entries', async () => {
    await using host = new StoreHost({ shardCount: 1 })
    const opened = await filled(host)
    await opened.logs.compact()
    await opened.logs.append({ topic: 'a', message: 'later' })
    await change(opened, { type: 'delete', database: DATABASE, key: coldIndexKey(0) })
    const { logs } = await host.reopen()
    expect((await logs.verify()).problems).toMatchObject([{ code: 'STREAM_BLOCK_DAMAGED', where: DATABASE }])
    expect(() => logs.topics()).toThrow(expect.objectContaining({ code: 'STREAM_BLOCK_DAMAGED' }))
  })
})

test('a section that loses all its entries goes with its filter, and its neighbour stays as it is', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  let { logs } = await filled(host)
  await logs.compact()
  const before = logs.coldBytes()
  await logs.topicOperations.remove('a')
  for (const round of ['now', 'reopened']) {
    expect((await logs.verify()).problems, round).toEqual([])
    expect(await texts(logs, `${WORDS[0]}`), round).toEqual([])
    expect(await texts(logs, `${WORDS[1]}`), round).toEqual([lineOf(1)])
    expect((await logs.read().toArray()).length, round).toBe(LINES / 2)
    const { filterBytes, blockBytes } = logs.coldBytes()
    expect(filterBytes, round).toBeLessThan(before.filterBytes * 0.6)
    expect(blockBytes, round).toBeLessThan(before.blockBytes * 0.6)
    logs = (await host.reopen()).logs
  }
  await logs.compact({ level: 'max' })
  expect((await logs.verify()).problems).toEqual([])
  expect((await logs.read().toArray()).length).toBe(LINES / 2)
})
