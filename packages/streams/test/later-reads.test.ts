import { afterAll, describe, expect, test } from 'vitest'
import { SeededRandom } from '@forgeone/common'
import { StoreHost } from './stream/store-host.ts'
import { IDEMPOTENCY_WINDOW_MS } from '../src/append/append-limits.ts'
import { standOnDistantStores } from './store-place.ts'

// Between the question and its answer others commit.
afterAll(standOnDistantStores())

const codeOf = (outcome: PromiseSettledResult<unknown>): unknown =>
  outcome.status === 'fulfilled' ? 'ok' : (outcome.reason as { code?: unknown }).code

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe.each(Array.from({ length: 4 }, (_, seed) => seed + 1))('seed %i', (seed) => {
  test('of appends with one id, however they overlap, one is written', async () => {
    const random = new SeededRandom(seed)
    await using host = new StoreHost()
    const { logs } = await host.open()
    const outcomes: Promise<PromiseSettledResult<unknown>[]>[] = []
    for (let n = 0; n < 60; n++) {
      const id = `id ${n % 6}`
      outcomes.push(Promise.allSettled([logs.append({ topic: `t${n % 4}`, message: `${n}`, id })]))
      if (random.below(3) === 0) await turns(random.below(4))
    }
    const codes = (await Promise.all(outcomes)).flat().map(codeOf)
    expect(codes.filter((code) => code === 'ok')).toHaveLength(6)
    expect(new Set(codes)).toEqual(new Set(['ok', 'STREAM_ID_EXISTS']))
    expect((await logs.read().toArray()).length).toBe(6)
    expect((await logs.verify()).problems).toEqual([])
  })

  test('appends keep the order of their calls beside ids and keys that are looked up', async () => {
    const random = new SeededRandom(seed)
    await using host = new StoreHost({ shardCount: 1 })
    const { logs } = await host.open()
    const appended: Promise<unknown>[] = []
    for (let n = 0; n < 80; n++) {
      const id = random.below(3) === 0 ? { id: `own ${n}` } : {}
      const key = random.below(4) === 0 ? { idempotencyKey: `key ${n}` } : {}
      appended.push(logs.append({ topic: 'a', message: `${n}`, ...id }, key))
      if (random.below(4) === 0) await turns(random.below(3))
    }
    await Promise.all(appended)
    const messages = (await logs.read().toArray()).map(({ message }) => Number(message))
    expect(messages).toEqual(Array.from({ length: 80 }, (_, n) => n))
  })

  test('a key that came again after its time is not forgotten with its earlier self', async () => {
    const random = new SeededRandom(seed)
    await using host = new StoreHost({ shardCount: 1 })
    let { events } = await host.open()
    const append = async (key: string): Promise<boolean> =>
      (await events.append({ topic: 'a', payload: 1 }, { idempotencyKey: key })).duplicate
    await Promise.all(Array.from({ length: 150 }, (_, n) => append(`${n}`)))
    host.clock.advance(IDEMPOTENCY_WINDOW_MS)
    if (random.below(2) === 0) ({ events } = await host.reopen())
    const again = Array.from({ length: 60 }, () => `${random.below(150)}`)
    const first: Promise<boolean>[] = []
    for (const key of again) {
      first.push(append(key), append(`new ${random.below(1000)}`))
      if (random.below(3) === 0) await turns(random.below(5))
    }
    await Promise.all(first)
    for (let n = 0; n < 60; n++) await append(`later ${n}`)
    for (const key of again) expect(await append(key), key).toBe(true)
  })

  test('readers beside compaction and removals miss nothing that stays, and give nothing that went', async () => {
    const random = new SeededRandom(seed)
    await using host = new StoreHost({ shardCount: 2 })
    const { logs } = await host.open()
    const topics = ['a', 'b', 'c', 'd']
    const ids: string[] = []
    for (let n = 0; n < 12; n++)
      ids.push(
        ...(
          await logs.append(
            Array.from({ length: 20 }, (_, m) => ({
              topic: topics[(n + m) % 4]!,
              message: `word${n % 5} ${n} ${m}`,
            })),
          )
        ).ids,
      )
    let removedSettled = new Set<string>()
    const stop = new AbortController()
    const kept = (240 / 4) * 2
    const read = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const gone = removedSettled
        const entries =
          random.below(2) === 0
            ? await logs.read({ direction: random.below(2) === 0 ? 'forward' : 'backward' }).toArray()
            : await logs.search('word1 | limit 500').toArray()
        for (const { topic } of entries) expect(gone.has(topic), `${topic} was removed`).toBe(false)
        if (entries.length > 60)
          expect(entries.filter(({ topic }) => topic === 'a' || topic === 'b')).toHaveLength(kept)
      }
    }
    const get = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const gone = removedSettled
        const entry = await logs.get(ids[random.below(ids.length)]!)
        if (entry !== undefined) expect(gone.has(entry.topic)).toBe(false)
        else expect(gone.size > 0 || removing).toBe(true)
      }
    }
    const each = async (): Promise<void> => {
      while (!stop.signal.aborted)
        for await (const { topic } of logs.read()) {
          expect(removedSettled.has(topic), `${topic} was removed`).toBe(false)
          if (random.below(20) === 0) await turns(1)
        }
    }
    let removing = false
    const readers = [read(), read(), get(), get(), each()]
    for (const reader of readers) reader.catch(() => stop.abort())
    await turns(10)
    await logs.compact()
    await turns(10)
    removing = true
    await logs.topicOperations.remove('c')
    removedSettled = new Set(['c'])
    await turns(10)
    await logs.compact()
    await logs.topicOperations.remove('d')
    removedSettled = new Set(['c', 'd'])
    await turns(30)
    stop.abort()
    await Promise.all(readers)
    expect((await logs.verify()).problems).toEqual([])
  })
})
