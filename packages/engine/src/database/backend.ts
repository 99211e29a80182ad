import type { ScrubResult } from '../leveldb-files/scrub.ts'
import type { AbstractLevel } from 'abstract-level'
import type { DatabaseState } from '../format/flush-point.ts'
import type { FileFinding } from '../leveldb-files/database-directory.ts'
import type { LeftLogs } from '../leveldb-files/left-logs.ts'

export type LevelDatabase = AbstractLevel<string | Buffer | Uint8Array, Uint8Array, Uint8Array>

/**
 * Where the databases of a `LocalStore` come from.
 *
 * - `open` gives an ordered byte store; a batch is applied whole or not at all. With `create: false` an absent
 *   database is an error, never an empty one.
 * - After `flush` everything written before survives a power cut.
 * - `check` finds what can be found before the database is opened; an empty list means it may be opened.
 */
export interface Backend {
  open(name: string, options: { readonly create: boolean }): Promise<LevelDatabase>
  flush(name: string, database: LevelDatabase): Promise<void>
  /** Gives the room of deleted and overwritten rows back. */
  reclaim(
    database: LevelDatabase,
    range: { readonly from: Uint8Array; readonly to: Uint8Array },
  ): Promise<void>
  check(name: string, expected: DatabaseState | undefined, closed: boolean): Promise<readonly FileFinding[]>
  /** The same for the logs of a database that LevelDB is to replay itself. */
  checkLogs(name: string): Promise<FileFinding | undefined>
  /** SHA-256 over the logs that LevelDB would replay; asked before it is opened. */
  logsDigest(name: string): Promise<Uint8Array>
  /** Reads those logs and takes them out of LevelDB's sight; safe to repeat until they are removed. */
  setLogsAside(name: string): Promise<LeftLogs>
  removeLogsAside(name: string): Promise<void>
  /** Keeps them instead, where nothing reads them. */
  keepForeignLogs(name: string): Promise<void>
  foreignLogNames(name: string): Promise<readonly string[]>
  /**
   * Reads every live table whole and checks all checksums. Logs are left out: what they hold is in the journal too,
   * and is replayed from there.
   */
  scrub(name: string): Promise<ScrubResult>
  /** @param o.withLogs after the database was closed: the logs count */
  state(name: string, o: { readonly withLogs: boolean }): Promise<DatabaseState>
  bytes(name: string): number
}
