/** Events: a topic per order, no lost update thanks to `expectedVersion`, and a replay to rebuild the state. */
import { isForgeError } from '@forgeone/common'
import { Forge } from '@forgeone/storage-manager'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const path = await mkdtemp(join(tmpdir(), 'forge-events-'))
const forge = await Forge.open({ path, secret: 'correct horse battery staple' })
const topic = 'orders.4711'

/** Reads the state, decides, and appends only if nobody was faster. */
async function addItem(sku: string): Promise<void> {
  for (;;) {
    const items = await forge.events.read({ topic }).toArray()
    try {
      await forge.events.append(
        { topic, payload: { sku, line: items.length + 1 } },
        { expectedVersion: items.length },
      )
      return
    } catch (error) {
      if (!isForgeError(error, 'STREAM_VERSION_CONFLICT')) throw error
    }
  }
}

await Promise.all(['apple', 'pear', 'plum'].map(addItem))
for await (const { payload } of forge.events.read({ topic })) console.log(payload)

// An id of the caller makes a retry after a lost answer harmless.
const payment = { topic, id: 'payment-4711', payload: { paid: true }, priority: 'high' } as const
await forge.events.append(payment)
const retry = await forge.events.append(payment).catch((error: unknown) => error)
console.log(isForgeError(retry, 'STREAM_ID_EXISTS') ? 'paid once' : 'paid twice')

await forge.close()
await rm(path, { recursive: true })
