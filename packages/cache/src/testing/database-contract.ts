import { assert } from '@forgeone/common'
import type { CacheDatabase, CacheScan } from '../persistent/cache-database.ts'
import { sameBytes } from '../table/fixed-bytes.ts'

/** One promise of the {@link CacheDatabase} port. */
export interface ContractCase {
  readonly name: string
  run(database: CacheDatabase): Promise<void>
}

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)
const ALL: CacheScan = { gte: bytes(0), lt: bytes(255) }

/** What every store of a cache must do; each case wants an empty one and fails by throwing. */
export const CACHE_DATABASE_CONTRACT: readonly ContractCase[] = [
  {
    name: 'gives back what a batch wrote, and undefined for what is not there',
    run: async (database) => {
      await put(database, [1], [10])
      assert(sameBytes((await database.get(bytes(1))) ?? bytes(), bytes(10)), 'get gives the value')
      assert((await database.get(bytes(2))) === undefined, 'get gives undefined for an absent key')
      const many = await database.getMany([bytes(2), bytes(1)])
      assert(
        many[0] === undefined && sameBytes(many[1] ?? bytes(), bytes(10)),
        'getMany keeps the order of keys',
      )
    },
  },
  {
    name: 'applies the writes of a batch in their order',
    run: async (database) => {
      await database.batch([
        { type: 'put', key: bytes(1), value: bytes(1) },
        { type: 'del', key: bytes(1) },
        { type: 'put', key: bytes(1), value: bytes(2) },
        { type: 'put', key: bytes(2), value: bytes(3) },
        { type: 'del', key: bytes(2) },
      ])
      assert((await rowsOf(database, ALL)) === '1=2', 'the last write of a key counts')
      await database.batch([])
    },
  },
  {
    name: 'iterates in the order of unsigned bytes, within the range, both ways, up to a limit',
    run: async (database) => {
      for (const key of [[200], [1, 0], [1], [127, 255], [128], [1, 255]]) await put(database, key, [key[0]!])
      assert(
        (await rowsOf(database, ALL)) === '1=1 1,0=1 1,255=1 127,255=127 128=128 200=200',
        'keys come as unsigned bytes, a prefix first',
      )
      assert(
        (await rowsOf(database, { gte: bytes(1, 0), lt: bytes(128) })) === '1,0=1 1,255=1 127,255=127',
        'bounds hold',
      )
      assert(
        (await rowsOf(database, { ...ALL, reverse: true, limit: 2 })) === '200=200 128=128',
        'reverse and limit hold',
      )
      assert((await rowsOf(database, { gte: bytes(3), lt: bytes(4) })) === '', 'an empty range gives nothing')
    },
  },
  {
    name: 'clears a range and nothing else',
    run: async (database) => {
      for (const key of [1, 2, 3, 4]) await put(database, [key], [key])
      await database.clear({ gte: bytes(2), lt: bytes(4) })
      assert((await rowsOf(database, ALL)) === '1=1 4=4', 'what lies outside stays')
    },
  },
  {
    name: 'lets an iteration be left early',
    run: async (database) => {
      for (const key of [1, 2, 3]) await put(database, [key], [key])
      for await (const row of database.iterate(ALL)) if (row.key[0] === 1) break
      await put(database, [4], [4])
      assert((await rowsOf(database, ALL)) === '1=1 2=2 3=3 4=4', 'writes go on')
    },
  },
]

async function put(database: CacheDatabase, key: readonly number[], value: readonly number[]): Promise<void> {
  await database.batch([{ type: 'put', key: bytes(...key), value: bytes(...value) }])
}

async function rowsOf(database: CacheDatabase, scan: CacheScan): Promise<string> {
  const rows: string[] = []
  for await (const { key, value } of database.iterate(scan))
    rows.push(`${[...key].join()}=${[...value].join()}`)
  return rows.join(' ')
}
