// Run by the kill test in a process of its own: consumes a group until it is killed or has caught up. One line per
// event on standard output, written synchronously, so that the rig outside knows what was handed out and acked.

import { writeSync } from 'node:fs'
import { rawKeyProvider } from '@forgeone/crypto'
import { LocalStore } from '@forgeone/engine'
import { openEvents, streamDatabases } from '../../../src/index.ts'

const [path, count, poison] = process.argv.slice(2)
const say = (line: string): void => void writeSync(1, `${line}\n`)
const shardCount = 2

const store = await LocalStore.open({
  path: path!,
  databases: streamDatabases('events', shardCount),
  provider: rawKeyProvider(new Uint8Array(32).fill(7)),
})
const events = await openEvents(store, { shardCount })
if (events.topics('work').length === 0)
  await events.append(Array.from({ length: Number(count) }, (_, n) => ({ topic: 'work', payload: n })))
say('open')

const subscription = events.subscribe(
  { group: 'g', topics: 'work', concurrency: 4, maxDeliveries: 3, backoffMs: 1 },
  async (delivery) => {
    const number = Number(delivery.entry.payload)
    say(`got ${number} ${delivery.attempt}`)
    if (number === Number(poison)) process.kill(process.pid, 'SIGKILL')
    if (number % 7 === 3 && delivery.attempt === 1) throw new Error('not at the first attempt')
    await delivery.ack({ append: { topic: 'effect', payload: number } })
    say(`ack ${number}`)
  },
)
await subscription.ready
while ((await events.groups.lag('g')).entries > 0) await new Promise((resolve) => setTimeout(resolve, 5))
await subscription.close()
const [dead, effects] = await Promise.all([
  events.read({ topic: '$dead.g' }).toArray(),
  events.read({ topic: 'effect' }).toArray(),
])
for (const { payload } of dead) say(`dead ${Number(payload)}`)
for (const { payload } of effects) say(`effect ${Number(payload)}`)
await events.close()
await store.close()
say('done')
