/** A consumer group whose effect happens exactly once: the events it appends and its ack are one commit. */
import { Forge } from '@forgeone/storage-manager'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const path = await mkdtemp(join(tmpdir(), 'forge-groups-'))
const options = { path, secret: 'correct horse battery staple' }
let forge = await Forge.open(options)
await forge.events.append(
  [1, 2, 3].map((id) => ({ topic: 'orders.created', payload: { id, amount: id * 10 } })),
)

// The first consumer stops before its ack: its work on this order leaves no trace.
const billing = { group: 'billing', topics: 'orders.*' }
const [unfinished] = await forge.events.subscribe(billing).nextBatch(1)
console.log(unfinished?.entry.payload, 'attempt', unfinished?.attempt)
await forge.close()

// The next one gets the order again, and bills every order once.
forge = await Forge.open(options)
const attempts: number[] = []
const subscription = forge.events.subscribe(billing, async (delivery) => {
  attempts.push(delivery.attempt)
  await delivery.ack({ append: { topic: 'invoices', payload: delivery.entry.payload } })
})
for await (const invoice of forge.events.tail({ topic: 'invoices', from: { position: 'p0.0.0' } })) {
  console.log('invoice', invoice.payload)
  if ((await forge.events.groups.lag('billing')).entries === 0) break
}
console.log('attempts', attempts)
await subscription.close()

// What no handler can do anything with ends as a dead letter, which can be moved back once the cause is repaired.
await forge.events.append({ topic: 'orders.created', payload: 'not an order' })
const strict = forge.events.subscribe({ ...billing, maxDeliveries: 1 }, () => {
  throw new Error('no amount')
})
for await (const { metadata } of forge.events.tail({
  topic: '$dead.billing',
  from: { position: 'p0.0.0' },
})) {
  console.log('dead letter', metadata)
  break
}
await strict.close()
console.log('moved back', await forge.events.groups.redrive('billing'))

await forge.close()
await rm(path, { recursive: true })
