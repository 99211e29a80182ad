// Writes transactions, several at once, until it is killed; says the number of each that was acknowledged. Argument: directory of the store.
import { Forge } from '../../src/index.ts'
import { SECRET } from '../temporary-folder.ts'

const AT_ONCE = 4

const forge = await Forge.open({ path: process.argv[2]!, secret: SECRET, shardCount: 3 })
const known = await forge.events.read({ topic: 'work' }).toArray()
let next = 1 + Math.max(-1, ...known.map(({ payload }) => payload as number))
process.send?.('open')
const subscription = forge.events.subscribe({
  group: 'workers',
  topics: 'work',
  from: 'start',
  maxDeliveries: 1000,
})

async function write(): Promise<void> {
  for (;;) {
    const n = next++
    await forge.events.append({ topic: 'work', id: `work-${n}`, payload: n })
    const [delivery] = await subscription.nextBatch(1)
    const done = delivery!.entry.payload as number
    await forge.transaction((tx) => {
      tx.ack(delivery!)
      tx.settings.set(`done.${done}`, n)
      tx.events.append({ topic: 'done', id: `done-${done}`, payload: done })
      tx.logs.append({ topic: `done.${done % 7}`, message: String(done) })
      tx.vault.set(`done/${done}`, String(done), { cas: 0 })
    })
    process.send?.(done)
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, write))
