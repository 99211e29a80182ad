import { expect, test } from 'vitest'
import { PAGE_BYTES, STREAM_WINDOW_BYTES } from '../src/limits.ts'
import { served } from './served.ts'
import { Shop, SHOP } from './shop.ts'
import { turns, until } from './until.ts'

async function shop() {
  const shop = new Shop()
  const { connect, server } = await served(shop, SHOP)
  const connection = await connect()
  return { shop, server, connection, face: connection.proxy<Shop>(SHOP) }
}

test('a generator gives its items, what it returns, and ends once', async () => {
  const { face } = await shop()
  const numbers = face.numbers(3)
  const steps = [
    await numbers.next(),
    await numbers.next(),
    await numbers.next(),
    await numbers.next(),
    await numbers.next(),
  ]
  expect(steps).toEqual([
    { done: false, value: 0 },
    { done: false, value: 1 },
    { done: false, value: 2 },
    { done: true, value: 'whole' },
    { done: true, value: undefined },
  ])
})

test('steps that are asked for side by side come in their order', async () => {
  const { face } = await shop()
  const numbers = face.numbers(2000)
  const steps = await Promise.all(Array.from({ length: 2001 }, () => numbers.next()))
  expect(steps.map(({ value }) => value)).toEqual([...Array.from({ length: 2000 }, (_, at) => at), 'whole'])
})

test('what a stream throws is thrown behind the items before it', async () => {
  const { face } = await shop()
  const seen: number[] = []
  const read = async (): Promise<void> => {
    for await (const number of face.numbers(10, 4)) seen.push(number)
  }
  await expect(read()).rejects.toMatchObject({ code: 'STREAM_BLOCK_DAMAGED', details: { at: 4 } })
  expect(seen).toEqual([0, 1, 2, 3])
})

test('a stream that is never used is never asked for, and nothing is read ahead of the first step', async () => {
  const { shop: own, face } = await shop()
  face.numbers(3)
  await face.echo(1)
  expect(own.log).toEqual([])
})

test('a reader that stops ends the iterator at the server', async () => {
  const { shop: own, face, server } = await shop()
  for await (const number of face.numbers(1_000_000)) if (number === 10) break
  expect(own.log.at(-1)).toBe('ended')
  expect(server.connections()[0]!.callsInFlight).toBe(0)
})

test('a follower that waits for what comes ends when its reader does', async () => {
  const { shop: own, face, server } = await shop()
  own.write('a')
  for await (const text of face.tail()) {
    expect(text).toBe('a')
    break
  }
  expect(own.log).toEqual(['tail ended'])
  expect(server.connections()[0]!.callsInFlight).toBe(0)
})

test('a follower hears of what comes, and ends with its signal', async () => {
  const { shop: own, face } = await shop()
  const end = new AbortController()
  const seen: string[] = []
  const reading = (async () => {
    for await (const text of face.tail({ signal: end.signal })) seen.push(text)
  })()
  own.write('a')
  await until(() => seen.length === 1)
  await face.write('b')
  await until(() => seen.length === 2)
  end.abort()
  await reading
  expect(seen).toEqual(['a', 'b'])
})

test('a client that never reads holds 256 KiB at the server, and nothing else', async () => {
  const { shop: own, face, connection } = await shop()
  const size = 10_000
  const items = face.bytes(size)[Symbol.asyncIterator]()
  await items.next()
  await until(() => own.log.length * size > STREAM_WINDOW_BYTES + 2 * PAGE_BYTES)
  await turns(200)
  const held = own.log.length
  // The first page is where it was asked for.
  const taken = Math.ceil(PAGE_BYTES / size)
  expect((held - taken) * size).toBeLessThanOrEqual(256 * 1024)
  // It goes on as it is read.
  for (let left = 100; left > 0; left--) await items.next()
  expect(own.log.length).toBeGreaterThan(held)
  await connection.close()
})

test('items that are larger than a page go one by one', async () => {
  const { face } = await shop()
  let seen = 0
  for await (const chunk of face.bytes(1_000_000)) {
    seen += chunk.length
    if (seen >= 20_000_000) break
  }
  expect(seen).toBe(20_000_000)
})

test('a stream among the arguments is read as it is needed', async () => {
  const { face } = await shop()
  let given = 0
  let isEnded = false
  async function* chunks() {
    try {
      for (; given < 1000; given++) yield new Uint8Array(10_000)
    } finally {
      isEnded = true
    }
  }
  expect(await face.importFrom(chunks())).toEqual({ items: 1000, bytes: 10_000_000 })
  given = 0
  expect(await face.importFrom(chunks(), { stopAt: 3 })).toEqual({ items: 3, bytes: 30_000 })
  await until(() => isEnded)
  expect(given * 10_000).toBeLessThanOrEqual(STREAM_WINDOW_BYTES + 2 * PAGE_BYTES + 10_000)
  // A function that opens it anew.
  given = 990
  expect(await face.importFrom(() => chunks())).toEqual({ items: 10, bytes: 100_000 })
})

test('what a stream among the arguments throws is thrown by the call: the very error', async () => {
  const { face } = await shop()
  const mine = new (class Mine extends Error {})('mine')
  async function* chunks() {
    yield 1
    throw mine
  }
  await expect(face.importFrom(chunks())).rejects.toBe(mine)
  await expect(face.importFrom(() => chunks())).rejects.toBe(mine)
})

test('many streams at once', async () => {
  const { face } = await shop()
  const sums = await Promise.all(
    Array.from({ length: 50 }, async () => {
      let sum = 0
      for await (const number of face.numbers(2000)) sum += number
      return sum
    }),
  )
  expect(new Set(sums)).toEqual(new Set([1_999_000]))
})
