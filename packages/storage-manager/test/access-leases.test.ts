import { ForgeError, ManualClock } from '@forgeone/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const KEY = { key: new Uint8Array(32).fill(3) }
const TTL = { ttlMs: 86_400_000 }
const clock = new ManualClock()
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let forge: Forge

beforeAll(async () => {
  folder = await temporaryFolder()
  forge = await Forge.open({ path: `${folder.path}/data`, secret: KEY, shardCount: 1, clock })
  await forge.vault.set('app/token', 'hidden')
  await forge.vault.set('app/other', 'hidden too')
})

afterAll(async () => {
  await forge.close()
  await folder[Symbol.asyncDispose]()
})

async function mayRead(holder: string, more: { notAfter?: number; effect?: 'deny' } = {}): Promise<string> {
  const grant = { holder, actions: ['vault.read'] as const, resource: 'vault/app/token', ...more }
  return (await forge.access.grant({ ...grant, actions: [...grant.actions] })).id
}

async function leaseOf(holder: string, path = 'app/token'): Promise<string> {
  return (await forge.as(holder).vault.leases.create(path, TTL)).token
}

/** What a bearer gets: the secret, or the code of a refusal. */
async function redeem(token: string): Promise<string> {
  try {
    return (await forge.vault.leases.redeem(token)).text()
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
}

async function lastLeaf(): Promise<Record<string, unknown>> {
  await forge.audit.checkpoint()
  return JSON.parse(await forge.audit.leaf(forge.audit.size - 1)) as Record<string, unknown>
}

test('a lease gives nothing once the grant of its maker was revoked, ends there, and leaves a leaf', async () => {
  const grant = await mayRead('ann')
  const [token, second] = [await leaseOf('ann'), await leaseOf('ann')]
  expect(await redeem(token)).toBe('hidden')
  await forge.access.revoke(grant)
  expect(await redeem(token)).toBe('VAULT_LEASE_EXPIRED')
  expect(await lastLeaf()).toMatchObject({
    act: 'vault.lease-redeemed',
    ctx: { outcome: 'withdrawn' },
    cnt: { del: 1, put: 0 },
  })
  const left = await forge.vault.leases.list()
  expect(left.filter(({ by }) => by === forge.access.pseudonym('ann'))).toHaveLength(1)
  // The right comes back: the lease that was refused does not, the one that nobody showed does.
  await mayRead('ann')
  expect([await redeem(token), await redeem(second)]).toEqual(['VAULT_LEASE_EXPIRED', 'hidden'])
})

test('a lease ends with a deny of its path, and its maker’s lease of another path does not', async () => {
  await forge.access.grant({ holder: 'bob', actions: ['vault.read'], resource: 'vault/app/**' })
  const [token, other] = [await leaseOf('bob'), await leaseOf('bob', 'app/other')]
  await mayRead('bob', { effect: 'deny' })
  expect([await redeem(token), await redeem(other)]).toEqual(['VAULT_LEASE_EXPIRED', 'hidden too'])
})

test('a lease ends when the grant of its maker does, and a clock that goes back does not bring it back', async () => {
  await mayRead('cid', { notAfter: clock.now() + 1000 })
  const [token, second] = [await leaseOf('cid'), await leaseOf('cid')]
  clock.advance(1000)
  expect(await redeem(token)).toBe('VAULT_LEASE_EXPIRED')
  clock.advance(-1000)
  expect(await redeem(second)).toBe('VAULT_LEASE_EXPIRED')
  clock.advance(1000)
})

test('a lease of who reads as everyone ends when everyone may no more', async () => {
  const everyone = await mayRead('*')
  const token = await leaseOf('passer-by')
  expect(await redeem(token)).toBe('hidden')
  await forge.access.revoke(everyone)
  expect(await redeem(token)).toBe('VAULT_LEASE_EXPIRED')
})

test('leases of the owner follow no grant', async () => {
  const { token } = await forge.vault.leases.create('app/token', TTL)
  const named = await forge.vault.as('nightly job').leases.create('app/token', TTL)
  const deny = await mayRead('*', { effect: 'deny' })
  expect([await redeem(token), await redeem(named.token)]).toEqual(['hidden', 'hidden'])
  await forge.access.revoke(deny)
})

test('a lease follows the rights of its maker and not the token he came with', async () => {
  const grant = await mayRead('robot')
  const { token, info } = await forge.access.createToken('robot', { ttlMs: 5000 })
  const lease = await forge.authenticate(token).vault.leases.create('app/token', TTL)
  clock.advance(5000)
  expect(await redeem(lease.token)).toBe('hidden')
  await forge.access.revokeToken(info.id)
  expect(await redeem(lease.token)).toBe('hidden')
  await forge.access.revoke(grant)
  expect(await redeem(lease.token)).toBe('VAULT_LEASE_EXPIRED')
})

test('a lease knows its maker after a reopening', async () => {
  const grant = await mayRead('eve')
  const [token, second] = [await leaseOf('eve'), await leaseOf('eve')]
  await forge.close()
  forge = await Forge.open({ path: `${folder.path}/data`, secret: KEY, clock })
  expect(await redeem(token)).toBe('hidden')
  await forge.access.revoke(grant)
  expect(await redeem(second)).toBe('VAULT_LEASE_EXPIRED')
  await forge.close()
  forge = await Forge.open({ path: `${folder.path}/data`, secret: KEY, clock })
  expect(await redeem(second)).toBe('VAULT_LEASE_EXPIRED')
})
