import { ForgeError } from '@forgeone/common'
import type { Delivery } from '@forgeone/streams'
import { expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const KEY = { key: new Uint8Array(32).fill(3) }

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'nothing'
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
}

test('a delivery of a principal appends where it may write, bears its name, and leads nowhere else', async () => {
  await using folder = await temporaryFolder()
  await using forge = await Forge.open({ path: `${folder.path}/data`, secret: KEY, shardCount: 1 })
  await forge.access.grant({ holder: 'ann', actions: ['data.read'], resource: 'events/orders/**' })
  await forge.access.grant({ holder: 'ann', actions: ['data.write'], resource: 'events/bills/**' })
  const orders = Array.from({ length: 3 }, (_, total) => ({ topic: 'orders.eu', payload: { total } }))
  await forge.events.append(orders)
  const ann = forge.as('ann')
  const subscription = ann.events.subscribe({ group: 'billing', topics: 'orders.>', from: 'start' })
  const [first, second] = await subscription.nextBatch(2)
  expect(await codeOf(first!.ack({ append: { topic: 'salaries.eu', payload: 1 } }))).toBe('ACCESS_DENIED')
  expect(await codeOf(first!.ack({ alongside: () => [] }))).toBe('ACCESS_DENIED')
  expect(first!.isOpen).toBe(true)
  await first!.ack({ append: { topic: 'bills.eu', payload: 1 } })
  await subscription.ackAll([second!])
  expect([first!.isOpen, second!.isOpen]).toEqual([false, false])
  expect(Object.keys(first!).sort()).toEqual([
    'ack',
    'attempt',
    'deadLetter',
    'entry',
    'extend',
    'nack',
    'position',
  ])
  expect(Object.getPrototypeOf(subscription)).toBeNull()
  await subscription.close()
  const acts: string[] = []
  for await (const { facts } of forge.audit.query({ who: forge.access.pseudonym('ann') }))
    acts.push(facts.action)
  expect(acts).toContain('events.append')
  expect(await forge.events.read({ topic: 'salaries.>' }).toArray()).toEqual([])
})

test('a handler of a principal is called no more once its right is gone', async () => {
  await using folder = await temporaryFolder()
  await using forge = await Forge.open({ path: `${folder.path}/data`, secret: KEY, shardCount: 1 })
  const grant = await forge.access.grant({ holder: 'bob', actions: ['data.read'], resource: 'events/**' })
  const seen: Delivery[] = []
  const first = Promise.withResolvers<void>()
  const handlerBatch = (deliveries: readonly Delivery[]): void => {
    seen.push(...deliveries)
    first.resolve()
  }
  const subscription = forge.as('bob').events.subscribe({ group: 'g', topics: ['orders.>'], handlerBatch })
  await subscription.ready
  await forge.events.append({ topic: 'orders.eu', payload: 1 })
  await first.promise
  await forge.access.revoke(grant.id)
  await forge.events.append({ topic: 'orders.eu', payload: 2 })
  await subscription.done()
  expect(seen).toHaveLength(1)
})
