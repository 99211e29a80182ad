/** Access: what a principal may, what it may not, and what the log says of the refusal. */
import { isForgeError } from '@forgeone/common'
import { Forge, type ForgeHandle } from '@forgeone/storage-manager'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const path = await mkdtemp(join(tmpdir(), 'forge-access-'))
const forge = await Forge.open({ path, secret: 'correct horse battery staple' })
await forge.events.append([
  { topic: 'orders.eu', payload: { total: 12 } },
  { topic: 'salaries.eu', payload: { total: 4000 } },
])

/** The code of what a call throws. */
async function outcome(call: () => unknown): Promise<string> {
  try {
    await call()
    return 'allowed'
  } catch (error) {
    if (isForgeError(error, 'ACCESS_DENIED', 'ACCESS_TOKEN_INVALID')) return error.code
    throw error
  }
}

const read = (handle: ForgeHandle, topic: string) => () => handle.events.read({ topic }).toArray()

// Ann may read orders, except those of one customer: a refusal wins over every grant.
await forge.access.grant({ holder: 'ann', actions: ['data.read'], resource: 'events/orders/**' })
await forge.access.grant({
  holder: 'ann',
  actions: ['data.read'],
  resource: 'events/orders/vip',
  effect: 'deny',
})
const ann = forge.as('ann')
console.log('ann, orders.eu:', await outcome(read(ann, 'orders.eu')))
console.log('ann, orders.vip:', await outcome(read(ann, 'orders.vip')))
console.log('ann, salaries.eu:', await outcome(read(ann, 'salaries.eu')))
console.log('ann, a secret:', await outcome(() => ann.vault.get('db/password')))
console.log(forge.access.check('ann', { action: 'data.read', resource: 'events/salaries/eu' }))

// A token stands for a principal, for whoever talks to the store through a service of yours.
const { token, info } = await forge.access.createToken('ann', { ttlMs: 3_600_000 })
const visitor = forge.authenticate(token)
console.log('with the token:', await outcome(read(visitor, 'orders.eu')))
await forge.access.revokeToken(info.id)
console.log('once it is revoked:', await outcome(read(visitor, 'orders.eu')))

// Refusals are leaves of the log, under a pseudonym; a checkpoint waits for all that are acknowledged.
await forge.audit.checkpoint()
const who = forge.access.pseudonym('ann')
for await (const { facts } of forge.audit.query({ act: 'access.denied', who }))
  console.log('denied', facts.actor, facts.context)

await forge.close()
await rm(path, { recursive: true })
