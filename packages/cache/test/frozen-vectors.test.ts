import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex, ManualClock, toHex } from '@forgeone/common'
import { describe, expect, it } from 'vitest'
import type { CacheConfig, CacheDatabase, MetadataCache } from '../src/persistent/index.ts'
import {
  file,
  lasting,
  listing,
  memoryDatabase,
  NOW,
  openCache,
  session,
  territory,
  vault,
  zones,
} from './metadata-fixtures.ts'

const FOLDER = join(import.meta.dirname, 'vectors/v1')
const EVERYTHING = { gte: Uint8Array.of(0), lt: Uint8Array.of(255) }
const FINGERPRINT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
const LONG_PATH = `deep/${'p'.repeat(600)}`
const INDEX_KEY = new Uint8Array(32).fill(9)

/** Rows as they lay in the database on the day the vector was written. Vectors are added and never edited. */
interface Vector {
  readonly compression: CacheConfig['compression']
  readonly indexKey?: string
  /** Other versions of a library compress to other bytes: such rows are only read. */
  readonly isWrittenAlike: boolean
  readonly rows: readonly (readonly [key: string, value: string])[]
}

/** Every table, a generation with a fingerprint, a second epoch, a negative entry and a long path. */
async function fill(cache: MetadataCache): Promise<void> {
  await cache.put('zones', zones('forgotten'))
  await cache.put('sessions', session('s'))
  await cache.invalidateAll()
  await cache.invalidateVault('v')
  await cache.checkFingerprint('v', FINGERPRINT)
  await cache.put('vaults', vault('v'))
  await cache.put('zones', zones('v'))
  await cache.put('territories', territory('v'))
  await cache.put('territories', territory('v', 0))
  await cache.put('directories', listing('v', '', 60))
  await cache.put('directories', listing('v', LONG_PATH, 1, 1))
  await cache.put('files', file('v', 'a/b é.txt'))
  await cache.getOrLoad('zones', { vaultId: 'none' }, async () => undefined)
  await cache.cleanup()
}

/** A use a day later: a row that was changed after it was written. */
async function use(cache: MetadataCache, clock: ManualClock): Promise<void> {
  clock.advance(86_400_000)
  await cache.get('territories', { vaultId: 'v' })
  await cache.close()
}

async function readAll(cache: MetadataCache): Promise<readonly unknown[]> {
  return [
    await cache.get('sessions', { vaultId: 's' }),
    await cache.get('vaults', { vaultId: 'v' }),
    await cache.get('zones', { vaultId: 'v' }),
    await cache.get('territories', { vaultId: 'v' }),
    await cache.get('territories', { vaultId: 'v', zoneIndex: 0 }),
    await cache.get('directories', { vaultId: 'v', path: '' }),
    await cache.get('directories', { vaultId: 'v', path: LONG_PATH, zoneIndex: 1 }),
    await cache.get('files', { vaultId: 'v', path: 'a/b é.txt', zoneIndex: 0 }),
    await cache.get('zones', { vaultId: 'forgotten' }),
    (await cache.lookup('zones', { vaultId: 'none' })).state,
  ]
}

const EXPECTED = [
  session('s'),
  expect.objectContaining({ ...vault('v'), lastAccessed: NOW }),
  zones('v'),
  territory('v'),
  territory('v', 0),
  listing('v', '', 60),
  listing('v', LONG_PATH, 1, 1),
  file('v', 'a/b é.txt'),
  undefined,
  'negative',
]

async function rowsOf(database: CacheDatabase): Promise<Vector['rows']> {
  const rows: [string, string][] = []
  for await (const { key, value } of database.iterate(EVERYTHING)) rows.push([toHex(key), toHex(value)])
  return rows
}

async function written({
  compression,
  indexKey,
}: Pick<Vector, 'compression' | 'indexKey'>): Promise<Vector['rows']> {
  const database = lasting(memoryDatabase())
  const clock = new ManualClock(NOW)
  const cache = await openCache({ database, clock, config: { compression }, ...keyed(indexKey) })
  await fill(cache)
  await use(cache, clock)
  return await rowsOf(database)
}

function keyed(indexKey: string | undefined): { readonly indexKey?: Uint8Array } {
  return indexKey === undefined ? {} : { indexKey: fromHex(indexKey)! }
}

// To add a vector, give it a new name here, and set WRITE_VECTORS: files that are there are left alone.
const NAMES: Readonly<Record<string, Omit<Vector, 'rows'>>> = {
  'plain.json': { compression: 'none', isWrittenAlike: true },
  'keyed-names.json': { compression: 'none', indexKey: toHex(INDEX_KEY), isWrittenAlike: true },
  'zstd.json': { compression: 'zstd', isWrittenAlike: false },
  'deflate.json': { compression: 'deflate', isWrittenAlike: false },
}
if (process.env['WRITE_VECTORS'] === '1')
  for (const [name, facts] of Object.entries(NAMES)) {
    const text = `${JSON.stringify({ ...facts, rows: await written(facts) }, undefined, 1)}\n`
    if (!readdirSync(FOLDER).includes(name)) writeFileSync(join(FOLDER, name), text)
  }

const VECTORS = readdirSync(FOLDER).map((name): [string, Vector] => [
  name,
  // Written by us and never edited, so its shape is known.
  JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Vector,
])

it('there is a vector of each way to store', () => {
  expect(VECTORS.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(NAMES)))
})

describe.each(VECTORS)('%s', (_name, vector) => {
  const { compression, indexKey, rows } = vector

  it('is read today as on the day it was written', async () => {
    const database = lasting(memoryDatabase())
    await database.batch(
      rows.map(([key, value]) => ({ type: 'put', key: fromHex(key)!, value: fromHex(value)! })),
    )
    // Of the day of writing, for a negative entry does not live long.
    const cache = await openCache({ database, clock: new ManualClock(NOW), ...keyed(indexKey) })
    expect(await readAll(cache)).toEqual(EXPECTED)
    const { tables, diskErrors } = await cache.stats()
    expect([diskErrors, ...Object.values(tables).map(({ corrupt }) => corrupt)]).toEqual([
      0, 0, 0, 0, 0, 0, 0,
    ])
  })

  it.runIf(vector.isWrittenAlike)('is what is written today', async () => {
    expect(await written({ compression, ...(indexKey === undefined ? {} : { indexKey }) })).toEqual(rows)
  })
})
