import { ManualClock } from '@forgeone/common'
import { describe, expect, inject, it } from 'vitest'
import { MetadataCache, type CacheDatabase } from '../src/persistent/index.ts'
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
    for (let index = 0; index < 80; index++) {
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
    expect(await again.get('directories', { vaultId: 'v79', path: '' })).toBeDefined()
    expect(await again.get('directories', { vaultId: 'v1', path: '' })).toBeUndefined()
  })

  it('drops by the last use also what was used after it was written', async () => {
    const clock = new ManualClock(NOW)
    const database = lasting(memoryDatabase())
    const config = { maxBytes: 100_000, compression: 'none' } as const
    const cache = await openCache({ database, clock, config })
    for (let index = 0; index < 20; index++) {
      await cache.put('directories', listing(`v${index}`, '', 50))
      clock.advance(DAY_MS)
    }
    // Reopened, so that uses are not in memory only.
    for (const index of [3, 0]) await cache.get('directories', { vaultId: `v${index}`, path: '' })
    await cache.close()
    const again = await openCache({ database, clock, config })
    for (let index = 20; (await again.stats()).evicted === 0; index++)
      await again.put('directories', listing(`v${index}`, '', 50))
    await again.close()
    const after = await openCache({ database, clock, config })
    const left = []
    for (let index = 0; index < 6; index++)
      if ((await after.get('directories', { vaultId: `v${index}`, path: '' })) !== undefined) left.push(index)
    expect(left.slice(0, 2)).toEqual([0, 3])
    expect(left).not.toContain(1)
    expect((await after.stats()).diskBytes).toBe(await storedSum(database))
  })
})

/** A million in the long tier; a tenth of them is ten for each key. */
const HITS = inject('isLongTier') ? 1_000_000 : 100_000

it('hits without end on ten thousand keys write ten thousand short rows at most, also when all were used before', async () => {
  const inner = memoryDatabase()
  const written: { type: string; bytes: number }[] = []
  const database: CacheDatabase = {
    ...inner,
    batch: async (writes) => {
      for (const write of writes)
        written.push({ type: write.type, bytes: write.type === 'put' ? write.value.length : 0 })
      await inner.batch(writes)
    },
  }
  const clock = new ManualClock(NOW)
  const cache = await openCache({ database, clock })
  for (let index = 0; index < 10_000; index++) await cache.put('zones', zones(`v${index}`))
  written.length = 0
  clock.advance(DAY_MS)
  for (let hit = 0; hit < HITS; hit++) await cache.get('zones', { vaultId: `v${hit % 10_000}` })
  expect((await cache.stats()).tables.zones.memoryHits).toBe(HITS)
  expect(written.length).toBe(10_000)
  expect(written.filter(({ type, bytes }) => type !== 'put' || bytes > 8)).toEqual([])
  await cache.close()
  // The mark of a clean close.
  expect(written.length).toBe(10_001)
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

describe('sweeps and invalidations', () => {
  it('are told once each with their counts; what is seen first, and single keys, are not', async () => {
    const told: unknown[] = []
    const database = lasting(memoryDatabase())
    const cache = await MetadataCache.open({
      database,
      clock: new ManualClock(NOW),
      onMaintenance: ({ kind, scope, removed }) => told.push([kind, scope, removed]),
    })
    await cache.checkFingerprint('v', new Uint8Array(8).fill(1))
    await cache.put('zones', zones('v'))
    await cache.put('directories', listing('v', 'a'))
    await cache.checkFingerprint('v', new Uint8Array(8).fill(1))
    expect(told).toEqual([])
    await cache.invalidateDirectory({ vaultId: 'v', path: 'a' })
    await cache.checkFingerprint('v', new Uint8Array(8).fill(2))
    await cache.cleanup()
    await cache.invalidateAll()
    expect(told).toEqual([
      ['invalidated', 'directory', 1],
      ['invalidated', 'vault', 1],
      ['swept', undefined, 0],
      ['invalidated', 'all', undefined],
    ])
  })

  it('are not undone by a read that had begun before', async () => {
    const inner = lasting(memoryDatabase())
    const first = await openCache({ database: inner })
    await first.put('zones', zones('v'))
    await first.close()
    let open: (() => void) | undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    let scans = 0
    const slow: CacheDatabase = {
      ...inner,
      iterate: async function* (scan) {
        // Rows of generations; the first reading of them hangs with what it has read.
        const isFirst = scan.gte[0] === 4 && scan.reverse === true && scans++ === 0
        const rows = []
        for await (const row of inner.iterate(scan)) rows.push(row)
        if (isFirst) await gate
        yield* rows
      },
    }
    const cache = await openCache({ database: slow })
    const reading = cache.get('zones', { vaultId: 'v' })
    await cache.invalidateVault('v')
    open!()
    await reading
    expect(await cache.get('zones', { vaultId: 'v' })).toBeUndefined()
    await cache.put('zones', zones('v'))
    await cache.close()
    const again = await openCache({ database: inner })
    expect(await again.get('zones', { vaultId: 'v' })).toEqual(zones('v'))
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
