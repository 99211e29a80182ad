import { expect, test } from 'vitest'
import { served } from './served.ts'
import { Shop, SHOP } from './shop.ts'
import { turns, until } from './until.ts'

async function shop() {
  const shop = new Shop()
  const { connect, server } = await served(shop, SHOP)
  const connection = await connect()
  return { shop, server, connection, face: connection.proxy<Shop>(SHOP) }
}

test('a subscription lives at the server: properties, promises, deliveries, and its close', async () => {
  const { face, shop: own, server } = await shop()
  const subscription = await face.subscribe()
  expect(subscription.maxInFlight).toBe(10)
  expect(await subscription.ready).toBe('ready')
  const [first, second, third] = await subscription.nextBatch(3)
  expect(first!.entry).toEqual({ id: 0 })
  expect(first!.isOpen).toBe(true)
  expect(await first!.ack()).toBe('acked')
  expect(first!.isOpen).toBe(false)
  // Live objects go back as what they are.
  expect(await subscription.ackAll([second!, third!])).toBe(2)
  expect(own.handed.map(({ outcome }) => outcome)).toEqual(['acked', 'acked', 'acked'])
  await subscription.close()
  expect(own.subscriptions[0]!.isClosed).toBe(true)
  await expect(subscription.nextBatch(1)).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  expect(server.connections()[0]!.liveObjects).toBe(2)
})

test('a subscription is iterated, one delivery after another', async () => {
  const { face, shop: own } = await shop()
  const ids: number[] = []
  const subscription = await face.subscribe()
  for await (const delivery of subscription as unknown as AsyncIterable<(typeof own.handed)[number]>) {
    ids.push(delivery.entry.id)
    expect(own.handed).toHaveLength(ids.length)
    await delivery.ack()
  }
  expect(ids).toEqual([0, 1, 2, 3])
})

test('a handler runs in the client, and gets deliveries that live at the server', async () => {
  const { face, shop: own, server } = await shop()
  const seen: number[] = []
  const subscription = await face.subscribe({}, async (delivery) => {
    seen.push(delivery.entry.id)
    if (delivery.entry.id === 1) throw new Error('not this one')
    if (delivery.entry.id === 2) await delivery.ack()
  })
  await until(() => own.handed.length === 4 && !own.handed[3]!.isOpen)
  expect(seen).toEqual([0, 1, 2, 3])
  expect(own.handed.map(({ outcome }) => outcome)).toEqual(['acked', 'nacked', 'acked', 'acked'])
  await subscription.close()
  expect(server.connections()[0]!.liveObjects).toBe(0)
})

test('functions and signals of a call that gave a live object are there as long as it is', async () => {
  const { face, shop: own } = await shop()
  const late: string[] = []
  const end = new AbortController()
  const subscription = await face.subscribe({ onLate: (name) => late.push(name), signal: end.signal })
  const [delivery] = await subscription.nextBatch(1)
  expect(await delivery!.extend()).toBe(1)
  expect(late).toEqual(['extended'])
  end.abort()
  await until(() => own.subscriptions[0]!.isClosed)
})

test('a client that dies frees what it held: deliveries first, then the subscription', async () => {
  const { face, shop: own, connection, server } = await shop()
  const subscription = await face.subscribe()
  await subscription.nextBatch(2)
  await connection.close()
  await until(() => server.connections().length === 0)
  expect(own.handed.map(({ outcome }) => outcome)).toEqual(['nacked', 'nacked'])
  expect(own.subscriptions[0]!.isClosed).toBe(true)
})

test('an object that comes when its client is gone is ended at once', async () => {
  const own = new Shop()
  let give: (() => void) | undefined
  const late = Object.assign(Object.create(own) as Shop, {
    subscribe: async () => {
      await new Promise<void>((resolve) => {
        give = resolve
      })
      return own.subscribe()
    },
  })
  const { connect, server } = await served(late, SHOP)
  const connection = await connect()
  const asked = connection.proxy<Shop>(SHOP).subscribe()
  asked.catch(() => undefined)
  await until(() => give !== undefined)
  await connection.close()
  await until(() => server.connections().length === 0)
  give!()
  await until(() => own.subscriptions[0]?.isClosed === true)
})

test('what a client forgets is ended with its memory, but for what has a handler', async () => {
  const { face, server, shop: own } = await shop()
  await (await face.subscribe()).nextBatch(4)
  const seen: number[] = []
  await face.subscribe({}, (delivery) => seen.push(delivery.entry.id))
  await until(() => {
    globalThis.gc!()
    return server.connections()[0]!.liveObjects === 1
  })
  expect(own.subscriptions.map(({ isClosed }) => isClosed)).toEqual([true, false])
  expect(own.handed.slice(0, 4).map(({ outcome }) => outcome)).toEqual([
    'nacked',
    'nacked',
    'nacked',
    'nacked',
  ])
  expect(seen).toEqual([0, 1, 2, 3])
})

test('what is iterated, or waited for, is not forgotten', async () => {
  const { face, shop: own } = await shop()
  let count = 0
  const collect = setInterval(() => globalThis.gc!(), 1)
  const subscription = face.subscribe() as unknown as Promise<AsyncIterable<(typeof own.handed)[number]>>
  for await (const delivery of await subscription) {
    await turns(30)
    await delivery.extend()
    await delivery.ack()
    count++
  }
  clearInterval(collect)
  expect(count).toBe(4)
  expect(own.handed.map(({ outcome }) => outcome)).toEqual(['acked', 'acked', 'acked', 'acked'])
})
