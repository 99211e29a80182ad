import { getEventListeners } from 'node:events'
import { SeededRandom } from '@forgeone/common'
import { describe, expect, test } from 'vitest'
import type { LogEntry, LogStream, TailOptions } from '../../src/index.ts'
import { StoreHost } from './store-host.ts'

/** Follows a tail until it gave so many entries. */
async function take(logs: LogStream, count: number, options: TailOptions = {}): Promise<LogEntry[]> {
  const stop = new AbortController()
  const entries: LogEntry[] = []
  for await (const entry of logs.tail({ ...options, signal: stop.signal })) {
    if (entries.push(entry) === count) break
  }
  stop.abort()
  return entries
}

const numbers = (entries: readonly LogEntry[]): number[] => entries.map(({ message }) => Number(message))
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

describe('a tail', () => {
  test.each([1, 2, 3, 4, 5, 6])(
    'has no gap and no repetition where stored meets coming, seed %i',
    async (seed) => {
      const random = new SeededRandom(seed)
      await using host = new StoreHost({ shardCount: 1 + random.below(4) })
      const { logs } = await host.open()
      const total = 300
      const pauseAt = random.below(total)
      const produce = async (): Promise<void> => {
        const calls: Promise<unknown>[] = []
        for (let n = 0; n < total; n++) {
          calls.push(logs.append({ topic: `t${random.below(5)}`, message: `${n}` }))
          if (random.below(3) === 0) await Promise.all(calls.splice(0))
          if (random.below(10) === 0) await new Promise((resolve) => setImmediate(resolve))
          if (n === pauseAt) started.resolve()
        }
        await Promise.all(calls)
      }
      const started = Promise.withResolvers<void>()
      const producing = produce()
      await started.promise
      const entries = await take(logs, total, { from: { position: 'p0.0.0' } })
      await producing
      const stored = await logs.read().toArray()
      expect(entries.map(({ id }) => id)).toEqual(stored.map(({ id }) => id))
      expect(numbers(entries).toSorted((left, right) => left - right)).toEqual(upTo(total))
    },
  )

  test('without a start begins at the end of the moment it was asked for', async () => {
    await using host = new StoreHost({ shardCount: 1 })
    const { logs } = await host.open()
    await logs.append({ topic: 'a', message: 'before' })
    const tail = logs.tail()[Symbol.asyncIterator]()
    await logs.append({ topic: 'a', message: 'after' })
    expect((await tail.next()).value).toMatchObject({ message: 'after' })
    await tail.return?.()
  })

  test('of a store without entries sees the first one, also of a pattern', async () => {
    await using host = new StoreHost()
    const { logs } = await host.open()
    const first = take(logs, 1, { topic: 'b.*' })
    await logs.append([
      { topic: 'a', message: '0' },
      { topic: 'b.c', message: '1' },
    ])
    expect(numbers(await first)).toEqual([1])
  })

  test('ends when its signal aborts or the stream closes, and gathers no listeners meanwhile', async () => {
    await using host = new StoreHost({ shardCount: 1 })
    const { logs } = await host.open()
    const stop = new AbortController()
    const all = (async () => numbers(await Array.fromAsync(logs.tail({ signal: stop.signal }))))()
    const untilClose = (async () => numbers(await Array.fromAsync(logs.tail())))()
    for (const n of upTo(40)) await logs.append({ topic: 'a', message: `${n}` })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1)
    stop.abort()
    expect(await all).toEqual(upTo(40))
    await logs.close()
    expect(await untilClose).toEqual(upTo(40))
  })
})
