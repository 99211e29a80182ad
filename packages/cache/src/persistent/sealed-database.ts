import type { CacheDatabase, CacheRow, CacheScan } from './cache-database.ts'

/** Seals values so that they open only under the key they were sealed for. A `Sealer` of `@forgeone/crypto` is one. */
export interface CacheSealer {
  seal(key: Uint8Array, value: Uint8Array): Uint8Array
  /** Throws when the value is not authentic at this key. */
  open(key: Uint8Array, sealed: Uint8Array): Uint8Array
}

const UNTRUSTED = new Uint8Array(0)

/**
 * A database whose values are sealed by `sealer`. Keys stay as they are: give the cache an `indexKey`, so that they
 * hold no names in clear. A value that does not open reads as zero bytes, which the cache takes for a miss.
 */
export function sealedDatabase(database: CacheDatabase, sealer: CacheSealer): CacheDatabase {
  const opened = (key: Uint8Array, sealed: Uint8Array): Uint8Array => {
    try {
      return sealer.open(key, sealed)
    } catch {
      return UNTRUSTED
    }
  }
  return {
    ...database,
    get: async (key) => {
      const sealed = await database.get(key)
      return sealed === undefined ? undefined : opened(key, sealed)
    },
    getMany: async (keys) => {
      const values = await database.getMany(keys)
      return values.map((sealed, index) => (sealed === undefined ? undefined : opened(keys[index]!, sealed)))
    },
    batch: async (writes) =>
      await database.batch(
        writes.map((write) =>
          write.type === 'put' ? { ...write, value: sealer.seal(write.key, write.value) } : write,
        ),
      ),
    iterate: (scan) => openedRows(database, scan, opened),
  }
}

async function* openedRows(
  database: CacheDatabase,
  scan: CacheScan,
  opened: (key: Uint8Array, sealed: Uint8Array) => Uint8Array,
): AsyncIterable<CacheRow> {
  for await (const { key, value } of database.iterate(scan)) yield { key, value: opened(key, value) }
}
