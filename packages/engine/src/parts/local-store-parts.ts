import type { Clock, ForgeError, Logger, Metrics, Random } from '@forgeone/common'
import type { Keyring } from '@forgeone/crypto'
import type { Observation } from '../commit/observation.ts'
import type { Backend } from '../database/backend.ts'
import type { Database } from '../database/database.ts'
import type { StoreFiles } from '../files/store-files.ts'
import type { StoreFile } from '../format/store-file.ts'
import type { Health } from '../health/health.ts'
import type { JournalWriter } from '../journal/journal-writer.ts'
import type { StoreLock } from '../lock/store-lock.ts'
import type { ScopedRoot } from '../state/state-root.ts'
import type { LocalStoreOptions } from './local-store-options.ts'

/** The caller's options with everything injected filled in. */
export interface ResolvedOptions {
  readonly options: LocalStoreOptions
  readonly files: StoreFiles
  readonly backend: Backend
  readonly health: Health
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: Random
}

/** What opening found and did. */
export interface RecoveryOutcome {
  readonly created: boolean
  readonly cleanClose: boolean
  readonly commitsReplayed: number
  /** A frame that a crash tore, and that was cut: it was never acknowledged. */
  readonly tornTail: { readonly name: string; readonly offset: number } | undefined
  readonly flushPointLost: boolean
  /** Logs of LevelDB with a broken record, as `database/file`: what they held was replayed from the journal. */
  readonly damagedLogs: readonly string[]
  /** Databases that serve though their rows are not those that the journal tells of, by `acceptState`. */
  readonly acceptedStates: readonly string[]
}

/** A store that is locked, checked and recovered, ready to be used. */
export interface LocalStoreParts extends ResolvedOptions {
  readonly lock: StoreLock | undefined
  readonly keyring: Keyring
  readonly journal: JournalWriter
  readonly file: StoreFile
  readonly online: Map<string, Database>
  readonly offline: Map<string, ForgeError>
  /** Absent without an observer, and while the database of its rows is offline. */
  readonly observation: Observation | undefined
  readonly recovery: RecoveryOutcome
  /** Rows that opening found to be as the journal describes them. */
  readonly foundState: readonly ScopedRoot[]
  readonly lastTime: number
}
