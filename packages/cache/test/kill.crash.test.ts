import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeededRandom } from '@forgeone/common'
import { Level } from 'level'
import { expect, inject, it } from 'vitest'
import { levelDatabase, MetadataCache, type CacheDatabase } from '../src/persistent/index.ts'
import {
  keysByKind,
  lasting,
  listing,
  memoryDatabase,
  NOW,
  openCache,
  storedSum,
  vault,
  zones,
} from './metadata-fixtures.ts'

const KILLS = inject('isLongTier') ? 100 : 8

async function killedAt(dbPath: string, { afterMs, seed }: { afterMs: number; seed: number }): Promise<void> {
  const file = join(import.meta.dirname, 'victims/write-until-killed.ts')
  const victim = spawn(process.execPath, [
    '--conditions=@forgeone/source',
    '--no-warnings',
    file,
    dbPath,
    String(seed),
  ])
  const ended = new Promise((resolve) => victim.once('exit', resolve))
  await new Promise((resolve) => victim.stdout.once('data', resolve))
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  victim.kill('SIGKILL')
  await ended
}

const names = (keys: readonly Uint8Array[] | undefined, skip: number): readonly string[] =>
  keys!.map((key) => Buffer.from(key.subarray(skip)).toString('hex')).toSorted()

async function expectConsistent(database: CacheDatabase): Promise<void> {
  const { entry, expiry, recency } = await keysByKind(database)
  expect(names(expiry, 11)).toEqual(names(entry, 0))
  expect(names(recency, 9)).toEqual(names(entry, 0))
}

it('a cache whose process is killed at any time reopens consistent, with its accounting right', async () => {
  const dbPath = await mkdtemp(join(tmpdir(), 'forge-cache-kill-'))
  const random = new SeededRandom(1)
  for (let kill = 0; kill < KILLS; kill++) {
    await killedAt(dbPath, { afterMs: random.below(120), seed: random.below(10_000) })
    const cache = await MetadataCache.open({ config: { dbPath, maxBytes: 300_000 } })
    expect(cache.mode).toBe('persistent')
    const { diskBytes } = await cache.stats()
    for (let index = 0; index < 40; index++) {
      const vaultId = `v${index}`
      const found = await cache.get('directories', { vaultId, path: '' })
      if (found === undefined) continue
      expect(found.occupants.map(({ name }) => name)).toEqual(
        found.occupants.map((_, at) => `${vaultId} ${at}`),
      )
      expect(found.occupants.every(({ size }) => size === found.cachedAt)).toBe(true)
    }
    expect((await cache.stats()).tables.directories.corrupt).toBe(0)
    await cache.close()
    const database = levelDatabase(new Level<Uint8Array, Uint8Array>(dbPath))
    expect(await storedSum(database)).toBe(diskBytes)
    await expectConsistent(database)
    await database.close()
  }
  await rm(dbPath, { recursive: true })
})

class Killed extends Error {}

/** Fails every write from the given one on, as a kill does: what was written before stays. */
function killedAfter(database: CacheDatabase, writes: number): CacheDatabase {
  let left = writes
  const alive = async <T>(action: () => Promise<T>): Promise<T> => {
    if (left-- <= 0) throw new Killed('killed')
    return await action()
  }
  return {
    ...database,
    batch: async (batch) => await alive(async () => await database.batch(batch)),
    clear: async (range) => await alive(async () => await database.clear(range)),
    close: async () => undefined,
  }
}

async function story(cache: MetadataCache): Promise<void> {
  for (const vaultId of ['a', 'b']) {
    await cache.put('vaults', vault(vaultId))
    await cache.put('zones', zones(vaultId))
    await cache.put('directories', listing(vaultId, 'p', 30))
  }
  await cache.put('directories', listing('a', 'p', 60))
  await cache.invalidateVault('a').catch(() => undefined)
  await cache.put('zones', zones('a'))
  await cache.invalidateAll().catch(() => undefined)
  await cache.put('zones', zones('c'))
  await cache.close().catch(() => undefined)
}

it('a cache killed at each single write reopens consistent, and shows nothing that was invalidated', async () => {
  for (let writes = 0; writes < 40; writes++) {
    const inner = lasting(memoryDatabase())
    const victim = await openCache({ database: killedAfter(inner, writes) }).catch(() => undefined)
    if (victim !== undefined) await story(victim)
    const cache = await openCache({ database: inner })
    expect((await cache.stats()).diskBytes).toBe(await storedSum(inner))
    await expectConsistent(inner)
    const vaults = await cache.get('vaults', { vaultId: 'b' })
    if (vaults !== undefined) expect(vaults).toMatchObject({ vaultId: 'b', cachedAt: NOW })
    // Once the new epoch is there, nothing of the old one is, wherever the removal was cut.
    const { state, entry } = await keysByKind(inner)
    const hasNewEpoch = state!.some((key) => key[1] === 1)
    if (hasNewEpoch) expect(entry!.every((key) => key[4] === 2)).toBe(true)
    await cache.close()
  }
})
