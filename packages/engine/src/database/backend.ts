import type { AbstractLevel } from 'abstract-level'
import type { DatabaseState } from '../format/flush-point.ts'
import type { FileFinding } from '../leveldb-files/database-directory.ts'

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
  /** Logs that LevelDB would replay and in which it would skip records; asked before it is opened. */
  damagedLogs(name: string): Promise<readonly string[]>
  /**
   * Reads every live table whole and checks all checksums. Logs are left out: what they hold is in the journal too,
   * and is replayed from there.
   */
  scrub(name: string): Promise<ScrubResult>
  state(name: string): Promise<DatabaseState>
  bytes(name: string): number
}

export interface ScrubResult {
  readonly tables: number
  readonly bytes: number
  readonly findings: readonly FileFinding[]
}
