import { ArgumentCheck, type Clock, type ReportProblem } from '@forgeone/common'
import type { CacheConfig } from './cache-config.ts'
import type { CacheDatabase } from './cache-database.ts'
import type { OnMaintenance } from './maintenance.ts'
import type { CacheSealer } from './sealed-database.ts'

/** How a metadata cache is opened: over a database, or over `level` at `config.dbPath`. */
export interface MetadataCacheOptions {
  readonly database?: CacheDatabase | undefined
  readonly config?: Partial<CacheConfig> | undefined
  /** With it ids and paths stand in keys only as HMACs: for a database whose values are sealed. */
  readonly indexKey?: Uint8Array | undefined
  /** Seals the values of the database at `config.dbPath`. It needs an `indexKey` too. */
  readonly sealer?: CacheSealer | undefined
  /** Called after each sweep and each invalidation. */
  readonly onMaintenance?: OnMaintenance | undefined
  /** Told of upkeep that keeps failing, and when it works again. */
  readonly reportProblem?: ReportProblem | undefined
  readonly clock?: Clock | undefined
}

/** What a lookup found. `negative`: it is known that there is no record. */
export type RecordLookup<R> =
  | { readonly state: 'fresh' | 'stale'; readonly record: R; readonly source: 'memory' | 'disk' }
  | { readonly state: 'negative' | 'absent'; readonly record?: undefined }

const check = new ArgumentCheck('CACHE_CONFIG_INVALID')
const OPTION_NAMES = [
  'database',
  'config',
  'indexKey',
  'sealer',
  'onMaintenance',
  'reportProblem',
  'clock',
] as const

/** @throws CACHE_CONFIG_INVALID */
export function checkOpening(given: MetadataCacheOptions): MetadataCacheOptions {
  // What the members are is checked below, or by the schema of the configuration.
  const options = check.options(given, OPTION_NAMES) as MetadataCacheOptions
  const { database, indexKey, sealer, onMaintenance, reportProblem, clock } = options
  if (database !== undefined) check.port(database, ['getMany', 'batch', 'iterate', 'close'], 'database')
  if (indexKey !== undefined) check.bytes(indexKey, 'indexKey')
  if (sealer !== undefined) check.port(sealer, ['seal', 'open'], 'sealer')
  if (onMaintenance !== undefined) check.callback(onMaintenance, 'onMaintenance')
  if (reportProblem !== undefined) check.callback(reportProblem, 'reportProblem')
  if (clock !== undefined) check.port(clock, ['now', 'monotonicMs'], 'clock')
  return options
}
