import { setTimeout as wait } from 'node:timers/promises'
import { ForgeError, ManualClock } from '@forgeone/common'
import type { Delivery } from '@forgeone/streams'
import { expect, test } from 'vitest'
import { RECHECK_MS } from '../src/access/access-control.ts'
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

test('a subscription ends by itself when its right ends by the clock, and buries no event meanwhile', async () => {
  await using folder = await temporaryFolder()
  const clock = new ManualClock()
  await using forge = await Forge.open({ path: `${folder.path}/data`, secret: KEY, shardCount: 1, clock })
  // It is 22:13:20: the hours end within the next minute.
  const hours = { from: '22:00', to: '22:14' }
  await forge.access.grant({ holder: 'cid', actions: ['data.read'], resource: 'events/**', hours })
  const seen: unknown[] = []
  const first = Promise.withResolvers<void>()
  const cid = forge.as('cid')
  const group = { topics: ['orders.>'], maxDeliveries: 3, backoffMs: 1 }
  const handled = cid.events.subscribe({ group: 'g', ...group }, (delivery) => {
    seen.push(delivery.entry.payload)
    first.resolve()
  })
  const idle = cid.events.subscribe({ group: 'h', ...group, topics: 'none.>' })
  const waiting = idle.nextBatch(1)
  await forge.events.append({ topic: 'orders.eu', payload: 1 })
  await first.promise
  clock.advance(60_000)
  await forge.events.append(Array.from({ length: 5 }, (_, n) => ({ topic: 'orders.eu', payload: n + 2 })))
  await handled.done()
  // The one that waits for nothing is told too.
  expect(await waiting).toEqual([])
  expect(seen).toEqual([1])
  expect(await forge.events.read({ topic: '$dead.g' }).toArray()).toEqual([])
  const { inFlight, waiting: waitingCount } = forge.events.groups.get('g')!
  expect(inFlight + waitingCount).toBeLessThanOrEqual(1)
})

test('a subscription that outlives its store asks about rights no more', async () => {
  await using folder = await temporaryFolder()
  let asked = 0
  const manual = new ManualClock()
  const clock = { now: () => (asked++, manual.now()), monotonicMs: () => manual.monotonicMs() }
  await using forge = await Forge.open({ path: `${folder.path}/data`, secret: KEY, shardCount: 1, clock })
  await forge.access.grant({ holder: 'dan', actions: ['data.read'], resource: 'events/**' })
  const subscription = forge.as('dan').events.subscribe({ group: 'g', topics: ['orders.>'] })
  await subscription.ready
  await forge.close()
  const before = asked
  await wait(RECHECK_MS + 100)
  expect(asked).toBe(before)
  await subscription.close()
})
