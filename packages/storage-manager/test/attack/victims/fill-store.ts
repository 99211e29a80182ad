// Run in a process of its own: fills a store with a row of every keyspace, says how many leaves there are, and closes it or
// is killed.

import { writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { Forge } from '../../../src/index.ts'
import { SECRET } from '../../temporary-folder.ts'
import { copyDirectory } from '../../copy-directory.ts'

const [, , path, end] = process.argv
const options = { path: path!, secret: SECRET, shardCount: 2, compaction: 'manual' } as const

async function fill(forge: Forge, round: number): Promise<void> {
  for (let index = 0; index < 40; index++) {
    const text = `${round} ${index} `.padEnd(200 + index, 'word ')
    await forge.logs.append(
      ['app.a', 'app.b', 'web.c'].map((topic) => ({ topic, message: text, metadata: { index } })),
    )
    await forge.events.append(
      { topic: `orders.${index % 3}`, payload: { round, index }, id: `id-${round}-${index}` },
      { idempotencyKey: `key-${round}-${index}` },
    )
  }
  for (let index = 0; index < 5; index++) await forge.settings.set(`s.${index}`, { round, index })
  await forge.flags.set('flag', { enabled: true, percent: round })
  for (let index = 0; index < 4; index++) await forge.vault.set(`db/${index}`, `secret ${round} ${index}`)
  await forge.settings.set(`sealed.${round}`, await forge.subjects.seal(`subject-${round}`, `value ${round}`))
  await forge.events.checkpoints.set(`checkpoint-${round}`)
  await forge.access.grant({ holder: `ann-${round}`, actions: ['data.read'], resource: 'events/orders/*' })
  await forge.access.setRoles(`ben-${round}`, ['reader'])
  await forge.access.createToken(`ben-${round}`)
  await forge.vault.leases.create('db/0', { ttlMs: 86_400_000 })
  await forge.subjects.hold(`held-${round}`, { reason: 'a case' })
  await forge.subjects.seal(`gone-${round}`, 'soon gone')
  await forge.subjects.erase(`gone-${round}`, { requestId: `R-${round}` })
  await forge.logs.topicOperations.setRetention(`app.${round}.>`, { maxCount: 300 })
  await forge.audit.checkpoint()
}

async function deliver(forge: Forge, round: number): Promise<void> {
  const subscription = forge.events.subscribe({ group: `group-${round}`, topics: 'orders.*' })
  const deliveries = await subscription.nextBatch(12)
  for (const delivery of deliveries.slice(0, 4)) await delivery.ack({ append: { topic: 'done', payload: 1 } })
  await deliveries[5]!.nack({ delayMs: 86_400_000 })
  await subscription.close()
}

let forge = await Forge.open(options)
await fill(forge, 1)
await deliver(forge, 1)
await forge.logs.compact()
await forge.keys.rotate({ scopes: ['logs_shard_0'] })
await forge.close()
// What somebody may have copied earlier.
copyDirectory(path!, `${path}-earlier`)
forge = await Forge.open(options)
await fill(forge, 2)
await deliver(forge, 2)
await forge.logs.topicOperations.remove('web.c')
await forge.flush()
await forge.events.append({ topic: 'orders.0', payload: 'last' })
await forge.settings.set('last', 'acknowledged')
writeSync(1, `${forge.audit.size}\n`)
if (end === 'closed') await forge.close()
else {
  // What was written last is described, as it is a minute later.
  await setTimeout(100)
  process.kill(process.pid, 'SIGKILL')
}
