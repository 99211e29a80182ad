import { isError } from '@forgeone/common'
import type { Level as LevelClass } from 'level'
import { publishEvent } from '../platform/cache-events.ts'
import { nodeModule } from '../platform/node-modules.ts'
import type { CacheDatabase } from './cache-database.ts'
import { levelDatabase } from './level-database.ts'
import { loadPeer } from './load-peer.ts'
import { sealedDatabase, type CacheSealer } from './sealed-database.ts'
import { hasSoundState } from './state-rows.ts'

interface FileSystem {
  rename(from: string, to: string): Promise<void>
  rm(path: string, options: { recursive: true; force: true }): Promise<void>
  mkdir(path: string, options: { recursive: true }): Promise<unknown>
}

/** A database that keeps nothing, where another process has the directory. */
export const nothingStored: CacheDatabase = {
  get: async () => undefined,
  getMany: async (keys) => keys.map(() => undefined),
  batch: async () => undefined,
  iterate: () => noRows(),
  clear: async () => undefined,
  close: async () => undefined,
}

async function* noRows(): AsyncIterable<never> {}

/** What was opened; `locked` when another process has it. */
export type OpenedDatabase =
  | { readonly state: 'open' | 'reset'; readonly database: CacheDatabase }
  | { readonly state: 'locked' }

/**
 * Opens `level` at a path: LevelDB in Node, IndexedDB in a browser. A cache that does not open, or that the sealer
 * does not open, is set aside in the place of one set aside before, and started empty: it loses nothing but time.
 * @throws CACHE_PEER_MISSING
 */
export async function openDatabase(
  dbPath: string,
  o: { readonly sealer?: CacheSealer | undefined; readonly isDamaged?: boolean | undefined } = {},
): Promise<OpenedDatabase> {
  // Only who wants a cache on disk pays for loading a database.
  const { Level } = await loadPeer('level', async () => await import('level'))
  const files = nodeModule<FileSystem>('fs/promises')
  await files?.mkdir(dbPath, { recursive: true })
  const first = o.isDamaged === true ? 'damaged' : await tryOpen(Level, dbPath, o.sealer)
  if (first !== 'damaged')
    return first === 'locked' ? { state: 'locked' } : { state: 'open', database: first }
  // In a browser there is nothing to set aside.
  const aside = `${dbPath}.damaged`
  await files?.rm(aside, { recursive: true, force: true })
  await files?.rename(dbPath, aside)
  await files?.mkdir(dbPath, { recursive: true })
  publishEvent({ cache: 'metadata', event: 'reset' })
  const second = await tryOpen(Level, dbPath, o.sealer)
  return typeof second === 'string' ? { state: 'locked' } : { state: 'reset', database: second }
}

async function tryOpen(
  Level: typeof LevelClass,
  dbPath: string,
  sealer: CacheSealer | undefined,
): Promise<CacheDatabase | 'locked' | 'damaged'> {
  const level = new Level<Uint8Array, Uint8Array>(dbPath, { keyEncoding: 'view', valueEncoding: 'view' })
  try {
    await level.open()
    const database = levelDatabase(level)
    const opened = sealer === undefined ? database : sealedDatabase(database, sealer)
    if (await hasSoundState(opened)) return opened
    await level.close()
    return 'damaged'
  } catch (error) {
    await level.close().catch(() => undefined)
    return isLocked(error) ? 'locked' : 'damaged'
  }
}

function isLocked(error: unknown): boolean {
  for (let one = error; isError(one); one = one.cause)
    if ('code' in one && one.code === 'LEVEL_LOCKED') return true
  return false
}
