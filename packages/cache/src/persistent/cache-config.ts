import type { PolicyName } from '../policy/policy-table.ts'
import type { CompressionName } from './body-compression.ts'

/** How a {@link MetadataCache} behaves. */
export interface CacheConfig {
  /** Off: every get misses, every loader runs, nothing is written. */
  readonly enabled: boolean
  readonly dbPath: string
  readonly maxAgeDays: number
  readonly cleanupIntervalHours: number
  /** Bound on stored bytes, keys and index rows included. */
  readonly maxBytes: number
  /** Of the part in memory; on disk entries leave by how long ago they were used. */
  readonly policy: PolicyName
  readonly compression: CompressionName
  readonly memoryMaxBytes: number
  /** For so long after its end an old record may be handed out while a refresh runs. */
  readonly graceHours: number
  readonly negativeTtlSeconds: number
}

export const CACHE_CONFIG_DEFAULTS: CacheConfig = {
  enabled: true,
  dbPath: './cache',
  maxAgeDays: 30,
  cleanupIntervalHours: 24,
  maxBytes: 1024 ** 3,
  policy: 'w-tinylfu',
  compression: 'zstd',
  memoryMaxBytes: 64 * 1024 ** 2,
  graceHours: 0,
  negativeTtlSeconds: 60,
}
