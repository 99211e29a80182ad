import { ForgeError } from '@forgeone/common'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { directoryBytes } from '../files/directory-bytes.ts'
import { syncDirectory, keepOwner, keepOwnersBelow } from '@forgeone/common/files'
import type { DatabaseState } from '../format/flush-point.ts'
import { checkStructure, databaseState, type FileFinding } from '../leveldb-files/database-directory.ts'
import {
  checkLogs,
  filledLogs,
  foreignLogNames,
  keepForeignLogs,
  logsDigest,
  removeLogsAside,
  setLogsAside,
  type LeftLogs,
} from '../leveldb-files/left-logs.ts'
import { scrubDatabase } from '../leveldb-files/scrub.ts'
import type { ScrubResult } from '../leveldb-files/scrub.ts'
import type { Backend, LevelDatabase } from './backend.ts'

/** Above every key we write (keyspace bytes stay below 0xff): compacting this empty range flushes the memtable. */
const ABOVE_ALL_KEYS = new Uint8Array(16).fill(0xff)

const WRITE_BUFFER_BYTES = 4 * 1024 * 1024
/** What is read often is kept decoded by the streams; here only index blocks matter. */
const BLOCK_CACHE_BYTES = 1024 * 1024

const NOT_TOLD = new Uint8Array(32)

/** LevelDB databases, one directory each. */
export class ClassicBackend implements Backend {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async open(name: string, { create }: { readonly create: boolean }): Promise<LevelDatabase> {
    const path = join(this.#path, name)
    if (create) await mkdir(path, { recursive: true, mode: 0o700 })
    keepOwner(path)
    const level = new ClassicLevel<Uint8Array, Uint8Array>(path, {
      keyEncoding: 'view',
      valueEncoding: 'view',
    })
    await level.open({
      createIfMissing: create,
      // Sealed values do not compress.
      compression: false,
      writeBufferSize: WRITE_BUFFER_BYTES,
      cacheSize: BLOCK_CACHE_BYTES,
    })
    keepOwnersBelow(path)
    // LevelDB 1.20 renames CURRENT and creates files without making the directory durable.
    await syncDirectory(path)
    if (create) await syncDirectory(this.#path)
    return level
  }

  async flush(name: string, database: LevelDatabase): Promise<void> {
    if (!(database instanceof ClassicLevel))
      throw new TypeError('a ClassicBackend flushes its own databases only')
    const path = join(this.#path, name)
    const before = await filledLogs(path)
    await database.compactRange(ABOVE_ALL_KEYS, ABOVE_ALL_KEYS)
    keepOwnersBelow(path)
    // LevelDB tells of no failure here, as on a full disk: what is still in a log is in no table.
    const left = new Set(await filledLogs(path))
    if (before.some((log) => left.has(log)))
      throw new ForgeError('IO_FAILED', `LevelDB could not write tables of ${name}`, {
        details: { database: name },
      })
    await syncDirectory(path)
  }

  async reclaim(
    database: LevelDatabase,
    { from, to }: { readonly from: Uint8Array; readonly to: Uint8Array },
  ): Promise<void> {
    if (!(database instanceof ClassicLevel))
      throw new TypeError('a ClassicBackend compacts its own databases only')
    await database.compactRange(from, to)
  }

  check(name: string, expected: DatabaseState | undefined, closed: boolean): Promise<readonly FileFinding[]> {
    return checkStructure(join(this.#path, name), expected, closed)
  }

  checkLogs(name: string): Promise<FileFinding | undefined> {
    return checkLogs(join(this.#path, name))
  }

  logsDigest(name: string): Promise<Uint8Array> {
    return logsDigest(join(this.#path, name))
  }

  setLogsAside(name: string): Promise<LeftLogs> {
    return setLogsAside(join(this.#path, name))
  }

  removeLogsAside(name: string): Promise<void> {
    return removeLogsAside(join(this.#path, name))
  }

  keepForeignLogs(name: string): Promise<void> {
    return keepForeignLogs(join(this.#path, name))
  }

  foreignLogNames(name: string): Promise<readonly string[]> {
    return foreignLogNames(join(this.#path, name))
  }

  scrub(name: string): Promise<ScrubResult> {
    return scrubDatabase(join(this.#path, name))
  }

  async state(name: string, { withLogs }: { readonly withLogs: boolean }): Promise<DatabaseState> {
    const path = join(this.#path, name)
    return await databaseState(name, path, withLogs ? await logsDigest(path) : NOT_TOLD)
  }

  bytes(name: string): number {
    return directoryBytes(join(this.#path, name))
  }
}
