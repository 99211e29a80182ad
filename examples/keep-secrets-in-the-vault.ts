/** Secrets: a version at a time, a lease for somebody else, and the log that tells of every reading. */
import { isForgeError } from '@forgeone/common'
import { Forge } from '@forgeone/storage-manager'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const path = await mkdtemp(join(tmpdir(), 'forge-secrets-'))
const forge = await Forge.open({ path, secret: 'correct horse battery staple' })

await forge.vault.generate('db/password', { kind: 'password', length: 24 })
const first = await forge.vault.get('db/password')
console.log('printed by accident:', `${first}`, 'length', first?.bytes.length)
first?.wipe()

// Whoever replaces a secret says which version he replaces: a rotation that runs twice sets it once.
await forge.vault.set('db/password', 'set by hand', { cas: 1 })
const late = await forge.vault.set('db/password', 'set again', { cas: 1 }).catch((error: unknown) => error)
console.log(isForgeError(late, 'VAULT_CAS_MISMATCH') ? 'too late, nothing was set' : 'set twice')

// A lease lets the bearer of its token read once, for a quarter of an hour.
const { token } = await forge.vault.leases.create('db/password', { ttlMs: 15 * 60_000, maxUses: 1 })
console.log('leased:', (await forge.vault.leases.redeem(token)).text())
const spent = await forge.vault.leases.redeem(token).catch((error: unknown) => error)
console.log(isForgeError(spent, 'VAULT_LEASE_SPENT') ? 'the lease is used up' : 'read twice')

// Version 1 is unreadable from now on, in backups of the data too.
await forge.vault.destroy('db/password', [1])
const [info] = await forge.vault.list('db/**')
console.log(
  info?.path,
  info?.versions.map(({ version, state }) => `${version} ${state}`),
)

// A checkpoint waits for the leaves of everything acknowledged.
await forge.audit.checkpoint()
for await (const { index, facts } of forge.audit.query({ resource: 'vault' }))
  console.log('leaf', index, facts.action)

await forge.close()
await rm(path, { recursive: true })
