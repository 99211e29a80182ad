import { ManualClock } from '@forgeone/common'
import { describe, expect, it } from 'vitest'
import type { CacheDatabase } from '../src/index.ts'
import {
  DAY_MS,
  keysByKind,
  lasting,
  listing,
  memoryDatabase,
  NOW,
  openCache,
  session,
  storedSum,
  vault,
  zones,
} from './metadata-fixtures.ts'

const fail = async (): Promise<never> => {
  throw new Error('disk')
}

describe('the bound on disk', () => {
  it('holds, by dropping what was used least recently', async () => {
    const clock = new ManualClock(NOW)
    const database = lasting(memoryDatabase())
    const config = { maxBytes: 100_000, compression: 'none' } as const
    const cache = await openCache({ database, clock, config })
    for (let index = 0; index < 60; index++) {
      await cache.put('directories', listing(`v${index}`, '', 50))
      clock.advance(DAY_MS / 4)
      if (index >= 1) await cache.get('directories', { vaultId: 'v0', path: '' })
    }
    const { diskBytes, evicted } = await cache.stats()
    expect(diskBytes).toBeLessThanOrEqual(100_000)
    expect(evicted).toBeGreaterThan(10)
    expect((await cache.stats()).diskBytes).toBe(await storedSum(database))
    await cache.close()
    const again = await openCache({ database, clock, config })
    expect(await again.get('directories', { vaultId: 'v59', path: '' })).toBeDefined()
    expect(await again.get('directories', { vaultId: 'v1', path: '' })).toBeUndefined()
  })

  it('is not reached by reading: a million hits on ten thousand keys write ten thousand rows at most', async () => {
    const inner = memoryDatabase()
    let written = 0
    const database: CacheDatabase = {
      ...inner,
      batch: async (writes) => {
        written += writes.filter((write) => write.type === 'put').length
        await inner.batch(writes)
      },
    }
    const clock = new ManualClock(NOW)
    const cache = await openCache({ database, clock })
    // A tenth of the figures, so that the test stays short; the bench does all of it.
    for (let index = 0; index < 1000; index++) await cache.put('zones', zones(`v${index}`))
    written = 0
    clock.advance(DAY_MS)
    for (let hit = 0; hit < 100_000; hit++) await cache.get('zones', { vaultId: `v${hit % 1000}` })
    await cache.close()
    // One recency row and the bucket in the expiry row for each key, and the mark of the close.
    expect(written).toBeLessThanOrEqual(2 * 1000 + 1)
  })
})

describe('a session', () => {
  it('notes its use at most once a minute', async () => {
    const clock = new ManualClock(NOW)
    const cache = await openCache({ clock })
    await cache.put('sessions', session('s'))
    clock.advance(59_000)
    await cache.touchSession('s')
    expect((await cache.get('sessions', { vaultId: 's' }))!.lastAccessed).toBe(NOW)
    clock.advance(1000)
    await cache.touchSession('s')
    expect((await cache.get('sessions', { vaultId: 's' }))!.lastAccessed).toBe(NOW + 60_000)
  })

  it('shares no key with a vault of the same name', async () => {
    const cache = await openCache()
    await cache.put('sessions', session('same'))
    await cache.put('vaults', vault('same'))
    await cache.invalidateVault('same')
    expect(await cache.get('sessions', { vaultId: 'same' })).toEqual(session('same'))
  })
})

describe('a vault', () => {
  it('tells when it was used last, without a write per read', async () => {
    const clock = new ManualClock(NOW)
    const cache = await openCache({ clock, config: { maxAgeDays: 7 } })
    await cache.put('vaults', vault('v'))
    clock.advance(5 * 3_600_000)
    await cache.get('vaults', { vaultId: 'v' })
    const { lastAccessed } = (await cache.get('vaults', { vaultId: 'v' }))!
    expect(Math.abs(lastAccessed - clock.now())).toBeLessThan(3_600_000)
  })
})

describe('a cache that is off', () => {
  it('misses every get, runs every loader and writes nothing', async () => {
    const database = memoryDatabase()
    const cache = await openCache({ database, config: { enabled: false } })
    await cache.put('vaults', vault('v'))
    expect(await cache.get('vaults', { vaultId: 'v' })).toBeUndefined()
    let loads = 0
    for (let round = 0; round < 3; round++)
      await cache.getOrLoad('zones', { vaultId: 'v' }, async () => {
        loads++
        return zones('v')
      })
    expect([loads, cache.mode]).toEqual([3, 'off'])
    expect(Object.values(await keysByKind(database)).flat()).toEqual([])
    await cache.close()
    await cache.close()
    await expect(cache.get('zones', { vaultId: 'v' })).rejects.toMatchObject({ code: 'CACHE_CLOSED' })
  })

  it.each([{ maxAgeDays: 0 }, { maxBytes: 5 }, { policy: 'best' }, { compression: 'lz4' }, { dbPath: '' }])(
    'is not what a wrong value %j makes: that is refused',
    async (config) => {
      // Wrong on purpose.
      await expect(openCache({ config: config as { maxAgeDays: number } })).rejects.toMatchObject({
        code: 'CACHE_CONFIG_INVALID',
        details: { option: Object.keys(config)[0] },
      })
    },
  )
})

describe('a disk that fails', () => {
  it('costs misses and is counted; values still come', async () => {
    const database = memoryDatabase()
    let isFailing = false
    const flaky = new Proxy(database, {
      get: (target, name, receiver) =>
        isFailing && (name === 'get' || name === 'batch') ? fail : Reflect.get(target, name, receiver),
    })
    const cache = await openCache({ database: flaky })
    isFailing = true
    expect(await cache.getOrLoad('zones', { vaultId: 'v' }, async () => zones('v'))).toEqual(zones('v'))
    expect(await cache.get('zones', { vaultId: 'v' })).toEqual(zones('v'))
    expect((await cache.stats()).diskErrors).toBeGreaterThan(0)
    isFailing = false
    await cache.close()
  })
})
