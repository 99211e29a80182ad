import { SeededRandom } from '@forgeone/common'
import { expect, test } from 'vitest'
import { StoreHost } from '../stream/store-host.ts'

const ROUNDS = 60
const AT_ONCE = 12

test('appends of transactions and others are published in the order of their commits, and read in that order', async () => {
  await using host = new StoreHost({ shardCount: 1, seed: 4 })
  const { store, events, logs } = await host.open()
  const random = new SeededRandom(7)
  /** Some turns of the microtask queue later. */
  const later = async (): Promise<void> => {
    for (let turn = random.below(12); turn > 0; turn--) await Promise.resolve()
  }
  const written: { readonly sequence: number; readonly payload: string }[] = []
  const append = async (payload: string): Promise<void> => {
    await later()
    const { sequence } = await events.append({ topic: 'a', payload })
    written.push({ sequence, payload })
  }
  for (let round = 0; round < ROUNDS; round++)
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, n) => {
        const name = `${round}.${n}`
        if (n % 3 > 0) return await append(name)
        await later()
        await store.jointly([
          () => append(`${name} of a transaction`),
          async () => void (await logs.append({ topic: 'a', message: name })),
        ])
      }),
    )
  const read = await events.read({ topic: 'a' }).toArray()
  expect(read).toHaveLength(ROUNDS * AT_ONCE)
  const order = written.toSorted((left, right) => left.sequence - right.sequence)
  const sequences = new Map(order.map(({ payload, sequence }) => [payload, sequence]))
  const inOrder = read.map(({ payload }) => sequences.get(payload as string)!)
  expect(inOrder).toEqual(order.map(({ sequence }) => sequence))
})
