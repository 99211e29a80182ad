import { ManualClock } from '@forgeone/common'
import { ODD_VALUES, oddCallFault } from '@forgeone/common/testing'
import { MemoryLevel } from 'memory-level'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MemoryCache } from '../src/index.ts'
import { levelDatabase, MetadataCache, type CacheDatabase } from '../src/persistent/index.ts'

/** One parameter of a public method, and how a call with a value in its place is made. */
type OddCall = readonly [name: string, call: (odd: never) => unknown]

const memory = (): MemoryCache<string, string> => new MemoryCache({ maxEntries: 3 })
const MEMORY_OPTIONS = [
  'maxEntries',
  'maxBytes',
  'maxEntryBytes',
  'policy',
  'weigh',
  'ttlMs',
  'graceMs',
  'negativeTtlMs',
  'jitter',
  'renewOnHit',
  'onDispose',
  'packing',
  'sweepIntervalMs',
  'name',
  'clock',
  'random',
]

/** Uses a cache that could be made, so that an option let in by mistake shows. */
function used(options: object): void {
  const cache = new MemoryCache<string, string>(options as never)
  for (let round = 0; round < 40; round++) cache.set(`k${round % 7}`, 'value').get('k1')
  cache[Symbol.dispose]()
}

const memoryCalls: readonly OddCall[] = [
  ['the options', (odd) => used(odd)],
  ...MEMORY_OPTIONS.map((option): OddCall => [
    `the option ${option}`,
    (odd) => used({ maxEntries: 5, [option]: odd }),
  ]),
  ['set, key', (odd) => memory().set(odd, 'v').get(odd)],
  ['set, value', (odd) => void memory().set('k', odd).get('k')],
  ['set, options', (odd) => memory().set('k', 'v', odd)],
  ['set, ttlMs', (odd) => memory().set('k', 'v', { ttlMs: odd }).set('l', 'v').purgeExpired()],
  ['set, graceMs', (odd) => memory().set('k', 'v', { ttlMs: 5, graceMs: odd }).set('l', 'v')],
  ['set, bytes', (odd) => memory().set('k', 'v', { bytes: odd })],
  ['get', (odd) => memory().get(odd)],
  ['delete', (odd) => memory().delete(odd)],
  ['invalidateWhere', (odd) => memory().set('k', 'v').invalidateWhere(odd)],
  ['getOrLoad, key', (odd) => memory().getOrLoad(odd, () => 'v')],
  ['getOrLoad, loader', (odd) => memory().getOrLoad('k', odd)],
  ['getOrLoad, options', (odd) => memory().getOrLoad('k', () => 'v', odd)],
  ['getOrLoad, ttlMs', (odd) => memory().getOrLoad('k', () => 'v', { ttlMs: odd })],
  ['getOrLoad, signal', (odd) => memory().getOrLoad('k', () => 'v', { signal: odd })],
]

const inMemory = (): ReturnType<typeof levelDatabase> =>
  levelDatabase(new MemoryLevel<never, never>() as never)
let metadata: MetadataCache
beforeAll(async () => {
  metadata = await MetadataCache.open({ database: inMemory() })
})
afterAll(async () => await metadata.close())

const SESSION = { sessionId: 's', currentPath: 'p', createdAt: 1, lastAccessed: 1 }
const load = async (): Promise<undefined> => undefined
const metadataCalls: readonly OddCall[] = [
  [
    'open, config',
    async (odd) => await (await MetadataCache.open({ config: odd, database: inMemory() })).close(),
  ],
  [
    'open, a member',
    async (odd) => await (await MetadataCache.open({ config: { enabled: false, maxAgeDays: odd } })).close(),
  ],
  ['open, indexKey', async (odd) => await (await MetadataCache.open({ indexKey: odd, ...off })).close()],
  ['open, clock', async (odd) => await (await MetadataCache.open({ clock: odd, ...off })).close()],
  ['get, table', async (odd) => await metadata.get(odd, { vaultId: 'v' })],
  ['get, address', async (odd) => await metadata.get('vaults', odd)],
  ['get, vaultId', async (odd) => await metadata.get('vaults', { vaultId: odd })],
  ['get, zoneIndex', async (odd) => await metadata.get('zones', { vaultId: 'v', zoneIndex: odd })],
  ['get, path', async (odd) => await metadata.get('files', { vaultId: 'v', zoneIndex: 0, path: odd })],
  ['put, table', async (odd) => await metadata.put(odd, { vaultId: 'v' } as never)],
  ['put, record', async (odd) => await metadata.put('vaults', odd)],
  ['put, a member', async (odd) => await metadata.put('sessions', { ...SESSION, createdAt: odd })],
  ['getOrLoad, table', async (odd) => await metadata.getOrLoad(odd, { vaultId: 'v' }, load)],
  ['getOrLoad, address', async (odd) => await metadata.getOrLoad('vaults', odd, load)],
  ['getOrLoad, loader', async (odd) => await metadata.getOrLoad('vaults', { vaultId: 'w' }, odd)],
  ['getOrLoad, options', async (odd) => await metadata.getOrLoad('vaults', { vaultId: 'x' }, load, odd)],
  ['touchSession', async (odd) => await metadata.touchSession(odd)],
  ['checkFingerprint, id', async (odd) => await metadata.checkFingerprint(odd, new Uint8Array(8))],
  ['checkFingerprint, bytes', async (odd) => await metadata.checkFingerprint('v', odd)],
  ['invalidateVault', async (odd) => await metadata.invalidateVault(odd)],
  ['invalidateDirectory', async (odd) => await metadata.invalidateDirectory(odd)],
  ['invalidateDirectory, options', async (odd) => await metadata.invalidateDirectory({ vaultId: 'v' }, odd)],
  ['invalidateAll', async (odd) => await metadata.invalidateAll(odd)],
]
const off = { config: { enabled: false } } as const

describe.each([...memoryCalls, ...metadataCalls])('%s', (_name, call) => {
  it('takes every odd value or refuses it with a code', async () => {
    const faults: string[] = []
    // One after another: they share a cache.
    for (const { name, make } of ODD_VALUES) {
      const fault = await oddCallFault(() => call(make() as never))
      if (fault !== undefined) faults.push(`${name}: ${fault}`)
    }
    expect(faults).toEqual([])
  })
})

it('an option that is not there is refused with the name that was meant', () => {
  expect(() => new MemoryCache({ maxEntrys: 3 } as never)).toThrow('did you mean maxEntries?')
})

it('a callback that puts back what it hears of does not keep the call for ever', () => {
  const cache: MemoryCache<number, string> = new MemoryCache<number, string>({
    maxEntries: 1,
    onDispose: (value, key) => cache.set(key, value),
  })
  cache.set(1, 'a')
  cache.set(2, 'b')
  expect(cache.size).toBe(1)
})

it('a test that removes what it is asked about leaves the cache whole', () => {
  const cache = new MemoryCache<number, string>({ maxEntries: 8 })
  for (let key = 0; key < 8; key++) cache.set(key, 'v')
  cache.invalidateWhere((key) => cache.delete(key))
  for (let key = 0; key < 30; key++) cache.set(key, 'v')
  expect(cache.size).toBe(8)
})

it('a policy of the caller that names no entry as its victim is refused instead of asked for ever', () => {
  const policy = { grow() {}, onInsert() {}, onHit() {}, onWeight() {}, onRemove() {}, victim: () => -1 }
  const cache = new MemoryCache({ maxEntries: 1, policy: () => ({ ...policy, windowShare: undefined }) })
  cache.set(1, 'a')
  expect(() => cache.set(2, 'b')).toThrow('is no entry')
})

it('rows that the database does not let go of are met once and not for ever', async () => {
  const inner = levelDatabase(new MemoryLevel<never, never>() as never)
  const stubborn: CacheDatabase = {
    get: async (key) => await inner.get(key),
    getMany: async (keys) => await inner.getMany(keys),
    batch: async (writes) => await inner.batch(writes.filter((write) => write.type === 'put')),
    iterate: (scan) => inner.iterate(scan),
    clear: async () => undefined,
    close: async () => await inner.close(),
  }
  const clock = new ManualClock()
  const cache = await MetadataCache.open({ database: stubborn, clock })
  for (let index = 0; index < 5; index++) {
    const zone = { vaultId: 'v', zoneIndex: index }
    await cache.getOrLoad('territories', zone, async () => undefined)
  }
  clock.advance(400 * 86_400_000)
  expect((await cache.cleanup()).removed).toBeGreaterThan(0)
  expect((await cache.invalidateVault('v')).scanned).toBe(5)
  await cache.close()
})

it.each([null, 5, 'x', [], () => 1])(
  'a metadata cache is not opened with %s for its options',
  async (odd) => {
    await expect(MetadataCache.open(odd as never)).rejects.toThrow('options must be an object')
  },
)
