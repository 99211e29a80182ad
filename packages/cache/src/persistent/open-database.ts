import { publishEvent } from '../platform/cache-events.ts'
import { nodeModule } from '../platform/node-modules.ts'
import type { CacheDatabase } from './cache-database.ts'
import { levelDatabase } from './level-database.ts'

interface FileSystem {
  rename(from: string, to: string): Promise<void>
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
 * Opens `level` at a path: LevelDB in Node, IndexedDB in a browser. A cache that does not open is set aside and
 * started empty: it loses nothing but time.
 */
export async function openDatabase(
  dbPath: string,
  { now }: { readonly now: number },
): Promise<OpenedDatabase> {
  const files = nodeModule<FileSystem>('fs/promises')
  await files?.mkdir(dbPath, { recursive: true })
  const first = await tryOpen(dbPath)
  if (first !== 'damaged')
    return first === 'locked' ? { state: 'locked' } : { state: 'open', database: first }
  // In a browser there is nothing to set aside.
  await files?.rename(dbPath, `${dbPath}.damaged-${now}`)
  await files?.mkdir(dbPath, { recursive: true })
  publishEvent({ cache: 'metadata', event: 'reset' })
  const second = await tryOpen(dbPath)
  return typeof second === 'string' ? { state: 'locked' } : { state: 'reset', database: second }
}

async function tryOpen(dbPath: string): Promise<CacheDatabase | 'locked' | 'damaged'> {
  // Only who wants a cache on disk pays for loading a database.
  const { Level } = await import('level')
  const level = new Level<Uint8Array, Uint8Array>(dbPath, { keyEncoding: 'view', valueEncoding: 'view' })
  try {
    await level.open()
    return levelDatabase(level)
  } catch (error) {
    return isLocked(error) ? 'locked' : 'damaged'
  }
}

function isLocked(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause)
    if ('code' in one && one.code === 'LEVEL_LOCKED') return true
  return false
}
