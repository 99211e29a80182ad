import { ManualClock } from '@forgeone/common'
import { describe, expect, it } from 'vitest'
import type { CacheDatabase, MetadataCache } from '../src/persistent/index.ts'
import {
  DAY_MS,
  file,
  keysByKind,
  lasting,
  listing,
  memoryDatabase,
  NOW,
  openCache,
  session,
  storedSum,
  territory,
  vault,
  zones,
} from './metadata-fixtures.ts'

async function fill(cache: MetadataCache, vaultId: string): Promise<void> {
  await cache.put('vaults', vault(vaultId))
  await cache.put('zones', zones(vaultId))
  await cache.put('territories', territory(vaultId))
  await cache.put('territories', territory(vaultId, 0))
  await cache.put('directories', listing(vaultId, ''))
  await cache.put('directories', listing(vaultId, 'a/b', 100, 0))
  await cache.put('files', file(vaultId, 'a/b/c.txt'))
}

async function expectAll(cache: MetadataCache, vaultId: string): Promise<void> {
  expect(await cache.get('vaults', { vaultId })).toMatchObject({ vaultId, size: 2 ** 40 + 1 })
  expect(await cache.get('zones', { vaultId })).toEqual(zones(vaultId))
  expect(await cache.get('territories', { vaultId })).toEqual(territory(vaultId))
  expect(await cache.get('territories', { vaultId, zoneIndex: 0 })).toEqual(territory(vaultId, 0))
  expect(await cache.get('directories', { vaultId, path: '' })).toEqual(listing(vaultId, ''))
  expect(await cache.get('directories', { vaultId, path: 'a/b', zoneIndex: 0 })).toEqual(
    listing(vaultId, 'a/b', 100, 0),
  )
  expect(await cache.get('files', { vaultId, path: 'a/b/c.txt', zoneIndex: 0 })).toEqual(
    file(vaultId, 'a/b/c.txt'),
  )
}

async function expectNone(cache: MetadataCache, vaultId: string): Promise<void> {
  for (const table of ['vaults', 'zones', 'territories'] as const)
    expect(await cache.get(table, { vaultId })).toBeUndefined()
  expect(await cache.get('directories', { vaultId, path: '' })).toBeUndefined()
  expect(await cache.get('directories', { vaultId, path: 'a/b', zoneIndex: 0 })).toBeUndefined()
  expect(await cache.get('files', { vaultId, path: 'a/b/c.txt', zoneIndex: 0 })).toBeUndefined()
}

async function expectAccounted(cache: MetadataCache, database: CacheDatabase): Promise<void> {
  expect((await cache.stats()).diskBytes).toBe(await storedSum(database))
}

describe('records', () => {
  it('come back from memory, and after a reopen from disk', async () => {
    const database = lasting(memoryDatabase())
    const first = await openCache({ database })
    await fill(first, 'v')
    await first.put('sessions', session('s'))
    await expectAll(first, 'v')
    expect((await first.stats()).tables.zones).toMatchObject({ memoryHits: 1, diskHits: 0, puts: 1 })
    await expectAccounted(first, database)
    await first.close()
    const second = await openCache({ database })
    await expectAll(second, 'v')
    expect(await second.get('sessions', { vaultId: 's' })).toEqual(session('s'))
    expect((await second.stats()).tables.zones).toMatchObject({ memoryHits: 0, diskHits: 1 })
    await expectAccounted(second, database)
  })

  it.each(['zstd', 'deflate', 'none'] as const)(
    'survive compression %s, also of several pages',
    async (compression) => {
      const database = lasting(memoryDatabase())
      const first = await openCache({ database, config: { compression } })
      const long = listing('v', 'long', 60_000)
      await first.put('directories', long)
      await first.close()
      const second = await openCache({ database, config: { compression } })
      expect(await second.get('directories', { vaultId: 'v', path: 'long' })).toEqual(long)
      await second.invalidateDirectory({ vaultId: 'v', path: 'long' })
      expect((await keysByKind(database))['entry']).toEqual([])
      await expectAccounted(second, database)
    },
  )

  it('are refused when they are malformed, with the field named', async () => {
    const cache = await openCache()
    await expect(cache.put('vaults', { ...vault('v'), size: 2 ** 60 })).rejects.toMatchObject({
      code: 'CACHE_CONFIG_INVALID',
    })
    await expect(cache.put('vaults', { ...vault('v'), md5: 'xyz' })).rejects.toThrow('md5')
  })

  it.each(['a//b', '/a', 'a/', '.', 'a/../b', `${'x'.repeat(5000)}`])(
    'of the path %j are refused',
    async (path) => {
      const cache = await openCache()
      await expect(cache.get('directories', { vaultId: 'v', path })).rejects.toMatchObject({
        code: 'CACHE_KEY_TOO_LONG',
      })
    },
  )

  it('end with their time and leave nothing behind', async () => {
    const clock = new ManualClock(NOW)
    const database = lasting(memoryDatabase())
    const cache = await openCache({ database, clock })
    await fill(cache, 'v')
    clock.advance(30 * DAY_MS - 1)
    await expectAll(cache, 'v')
    clock.advance(1)
    await expectNone(cache, 'v')
    // The one that nobody asked for.
    expect(await cache.cleanup()).toMatchObject({ removed: 1 })
    const { entry, expiry, recency } = await keysByKind(database)
    expect([entry, expiry, recency]).toEqual([[], [], []])
    expect((await cache.stats()).diskBytes).toBe(0)
  })

  it('that nobody reads are removed by the cleanup', async () => {
    const clock = new ManualClock(NOW)
    const database = lasting(memoryDatabase())
    const cache = await openCache({ database, clock })
    await fill(cache, 'v')
    clock.advance(10 * DAY_MS)
    await fill(cache, 'w')
    clock.advance(25 * DAY_MS)
    expect(await cache.cleanup()).toMatchObject({ scanned: 7, removed: 7 })
    await expectAll(cache, 'w')
    await expectAccounted(cache, database)
    expect((await cache.stats()).lastCleanup).toBe(clock.now())
  })

  it('put again replace the old ones and their rows', async () => {
    const clock = new ManualClock(NOW)
    const database = lasting(memoryDatabase())
    const cache = await openCache({ database, clock })
    for (let round = 0; round < 5; round++) {
      await fill(cache, 'v')
      clock.advance(DAY_MS)
    }
    const { entry, expiry, recency } = await keysByKind(database)
    expect([entry!.length, expiry!.length, recency!.length]).toEqual([7, 7, 7])
    await expectAccounted(cache, database)
  })
})

describe('invalidation', () => {
  it('of a vault leaves the others alone, in memory and on disk', async () => {
    const database = lasting(memoryDatabase())
    const cache = await openCache({ database })
    for (const vaultId of ['1', '10']) await fill(cache, vaultId)
    expect(await cache.invalidateVault('1')).toMatchObject({ removed: 7 })
    await expectNone(cache, '1')
    await expectAll(cache, '10')
    await expectAccounted(cache, database)
    await fill(cache, '1')
    await expectAll(cache, '1')
    await cache.close()
    await expectAll(await openCache({ database }), '1')
  })

  it('of everything removes every key of the five tables, and keeps sessions unless told', async () => {
    const database = lasting(memoryDatabase())
    const cache = await openCache({ database })
    for (const vaultId of ['a', 'b']) await fill(cache, vaultId)
    await cache.put('sessions', session('s'))
    await cache.invalidateVault('b')
    await cache.invalidateAll()
    await expectNone(cache, 'a')
    expect(await cache.get('sessions', { vaultId: 's' })).toEqual(session('s'))
    const kinds = await keysByKind(database)
    expect([
      kinds['entry']!.length,
      kinds['expiry']!.length,
      kinds['recency']!.length,
      kinds['vault']!.length,
    ]).toEqual([1, 1, 1, 0])
    await expectAccounted(cache, database)
    await cache.invalidateAll({ sessions: true })
    expect(await cache.get('sessions', { vaultId: 's' })).toBeUndefined()
    expect((await keysByKind(database))['entry']).toEqual([])
    expect((await cache.stats()).diskBytes).toBe(0)
  })

  it('of a directory takes that listing, and with recursive all below, and no neighbour', async () => {
    const database = lasting(memoryDatabase())
    const cache = await openCache({ database })
    const deep = `a/${'x'.repeat(600)}`
    const paths = ['', 'a', 'a/b', 'a/b/c', 'ab', 'a!', 'b', deep]
    for (const path of paths) await cache.put('directories', listing('v', path))
    const kept = async (): Promise<readonly string[]> => {
      const found: string[] = []
      for (const path of paths)
        if ((await cache.get('directories', { vaultId: 'v', path })) !== undefined) found.push(path)
      return found
    }
    await cache.invalidateDirectory({ vaultId: 'v', path: 'a/b' })
    expect(await kept()).toEqual(['', 'a', 'a/b/c', 'ab', 'a!', 'b', deep])
    await cache.invalidateDirectory({ vaultId: 'v', path: 'a' }, { recursive: true })
    expect(await kept()).toEqual(['', 'ab', 'a!', 'b'])
    await cache.invalidateDirectory({ vaultId: 'v', path: '' }, { recursive: true })
    expect(await kept()).toEqual([])
    expect((await keysByKind(database))['entry']).toEqual([])
  })

  it('follows the fingerprint of the source', async () => {
    const database = lasting(memoryDatabase())
    const cache = await openCache({ database })
    const one = new Uint8Array(8).fill(1)
    const two = new Uint8Array(8).fill(2)
    expect(await cache.checkFingerprint('v', one)).toBe(false)
    await fill(cache, 'v')
    expect(await cache.checkFingerprint('v', one)).toBe(true)
    await cache.close()
    const again = await openCache({ database })
    expect(await again.checkFingerprint('v', one)).toBe(true)
    await expectAll(again, 'v')
    expect(await again.checkFingerprint('v', two)).toBe(false)
    await expectNone(again, 'v')
    expect((await again.stats()).fingerprintChanges).toBe(1)
  })

  it('wins against a load that began before it', async () => {
    const cache = await openCache()
    for (const invalidate of ['vault', 'directory', 'all'] as const) {
      const gate = Promise.withResolvers<void>()
      const load = cache.getOrLoad('directories', { vaultId: 'v', path: 'p' }, async () => {
        await gate.promise
        return listing('v', 'p')
      })
      await new Promise((resolve) => setImmediate(resolve))
      if (invalidate === 'vault') await cache.invalidateVault('v')
      else if (invalidate === 'all') await cache.invalidateAll()
      else await cache.invalidateDirectory({ vaultId: 'v', path: 'p' })
      gate.resolve()
      expect(await load).toEqual(listing('v', 'p'))
      expect(await cache.get('directories', { vaultId: 'v', path: 'p' })).toBeUndefined()
    }
  })
})

describe('getOrLoad', () => {
  it('loads once for many callers and writes through', async () => {
    const database = lasting(memoryDatabase())
    const cache = await openCache({ database })
    let loads = 0
    const call = () =>
      cache.getOrLoad('zones', { vaultId: 'v' }, async () => {
        loads++
        return zones('v')
      })
    expect(await Promise.all(Array.from({ length: 100 }, call))).toEqual(
      Array.from({ length: 100 }, () => zones('v')),
    )
    await cache.close()
    const again = await openCache({ database })
    expect(await again.getOrLoad('zones', { vaultId: 'v' }, () => expect.unreachable())).toEqual(zones('v'))
    expect(loads).toBe(1)
  })

  it('remembers that there is no record, for as long as configured, also on disk', async () => {
    const clock = new ManualClock(NOW)
    const database = lasting(memoryDatabase())
    const config = { negativeTtlSeconds: 10 }
    const cache = await openCache({ database, clock, config })
    let loads = 0
    const none = async (): Promise<undefined> => void loads++
    await cache.getOrLoad('zones', { vaultId: 'v' }, none)
    await cache.getOrLoad('zones', { vaultId: 'v' }, none)
    await cache.close()
    const again = await openCache({ database, clock, config })
    await again.getOrLoad('zones', { vaultId: 'v' }, none)
    expect([loads, (await again.lookup('zones', { vaultId: 'v' })).state]).toEqual([1, 'negative'])
    clock.advance(10_000)
    await again.getOrLoad('zones', { vaultId: 'v' }, none)
    expect(loads).toBe(2)
  })

  it('gives the old record in the time of grace while it refreshes', async () => {
    const clock = new ManualClock(NOW)
    const cache = await openCache({ clock, config: { maxAgeDays: 1, graceHours: 2 } })
    await cache.put('zones', zones('v'))
    clock.advance(DAY_MS + 3_600_000)
    const fresh = { ...zones('v'), cachedAt: NOW + 1 }
    expect(await cache.getOrLoad('zones', { vaultId: 'v' }, async () => fresh)).toEqual(zones('v'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await cache.get('zones', { vaultId: 'v' })).toEqual(fresh)
  })

  it('does not store failures', async () => {
    const cache = await openCache()
    await expect(
      cache.getOrLoad('zones', { vaultId: 'v' }, async () => {
        throw new Error('unreadable')
      }),
    ).rejects.toThrow('unreadable')
    expect((await cache.stats()).tables.zones).toMatchObject({ loads: 1, loadErrors: 1, puts: 0 })
  })
})
