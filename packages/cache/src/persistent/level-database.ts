import type { AbstractLevel } from 'abstract-level'
import type { CacheDatabase, CacheRange, CacheRow, CacheScan, CacheWrite } from './cache-database.ts'

/** Any `abstract-level` database, whatever its own encodings are. */
export type AnyLevel<Key, Value> = AbstractLevel<string | Buffer | Uint8Array, Key, Value>

/** What `classic-level` can besides. */
interface LevelDbExtras {
  compactRange?(start: Uint8Array, end: Uint8Array, options: object): Promise<void>
  approximateSize?(start: Uint8Array, end: Uint8Array, options: object): Promise<number>
}

const BYTES = { keyEncoding: 'view', valueEncoding: 'view' } as const

/** A database of `abstract-level` as the store of a cache: keys and values as bytes, nothing synced. */
export function levelDatabase<Key, Value>(level: AnyLevel<Key, Value>): CacheDatabase {
  // Asked for by name: the abstract class does not know them.
  const extras = level as LevelDbExtras
  const { compactRange, approximateSize } = extras
  return {
    get: async (key) => await level.get<Uint8Array, Uint8Array>(key, BYTES),
    getMany: async (keys) => await level.getMany<Uint8Array, Uint8Array>([...keys], BYTES),
    batch: async (writes: readonly CacheWrite[]) => {
      if (writes.length > 0) await level.batch<Uint8Array, Uint8Array>([...writes], BYTES)
    },
    iterate: (scan) => rows(level, scan),
    clear: async ({ gte, lt }) => await level.clear<Uint8Array>({ gte, lt, keyEncoding: 'view' }),
    ...(compactRange && {
      compact: async ({ gte, lt }: CacheRange) =>
        await compactRange.call(level, gte, lt, { keyEncoding: 'view' }),
    }),
    ...(approximateSize && {
      approximateBytes: async ({ gte, lt }: CacheRange) =>
        await approximateSize.call(level, gte, lt, { keyEncoding: 'view' }),
    }),
    close: async () => await level.close(),
  }
}

async function* rows<Key, Value>(
  level: AnyLevel<Key, Value>,
  { gte, lt, reverse = false, limit = -1 }: CacheScan,
): AsyncIterable<CacheRow> {
  for await (const [key, value] of level.iterator<Uint8Array, Uint8Array>({
    gte,
    lt,
    reverse,
    limit,
    ...BYTES,
  }))
    yield { key, value }
}
