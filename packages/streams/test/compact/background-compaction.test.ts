import { ForgeError, ManualClock } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import { LocalStore, MemoryBackend, MemoryStoreFiles } from '@forgeone/engine'
import { expect, test } from 'vitest'
import { openLogs, streamDatabases } from '../../src/index.ts'

const WORDS = 'a line of a log that is long enough to fill blocks soon '.repeat(16)

test('a compaction that keeps failing in the background is a reason until one works', async () => {
  const told: (string | undefined)[] = []
  let heard = Promise.withResolvers<void>()
  let isRefused = true
  const clock = new ManualClock(0)
  const store = await LocalStore.open({
    files: new MemoryStoreFiles(),
    backend: new MemoryBackend(),
    databases: streamDatabases('logs', 1),
    provider: rawKeyProvider(new Uint8Array(32).fill(1)),
    clock,
    checkFacts: ({ action }) => {
      if (isRefused && action === 'logs.compact')
        throw new ForgeError('COMMIT_INVALID', 'refused by the test')
    },
  })
  const logs = await openLogs(store, {
    shardCount: 1,
    clock,
    reportProblem: (problem, where) => {
      expect(where).toBe('compaction of logs')
      told.push(problem?.code)
      heard.resolve()
    },
  })
  // Beyond what hot blocks may hold, the compactor begins by itself.
  const fill = async (): Promise<void> => {
    for (let part = 0; part < 22; part++)
      await logs.append(Array.from({ length: 900 }, (_, n) => ({ topic: 'a', message: `${n} ${WORDS}` })))
  }
  await fill()
  await heard.promise
  expect(told).toEqual(['COMMIT_INVALID'])
  heard = Promise.withResolvers()
  isRefused = false
  await logs.append({ topic: 'a', message: 'one more' })
  await heard.promise
  expect(told).toEqual(['COMMIT_INVALID', undefined])
  await logs.close()
  await store.close()
})
