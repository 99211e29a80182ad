import type { Clock, Metrics, ReportProblem, Timer } from '@forgeone/common'
import type { Job } from '@forgeone/engine'
import type { ExpectedVersion } from '../append/expected-version.ts'
import type { BlockCache } from '../read/block-cache.ts'
import type { Position } from '../entry/position.ts'

/** How a stream is opened over a store. */
export interface StreamOptions {
  /** Databases `<name>_shard_0` to `<name>_shard_<n-1>`, which the store must have. */
  readonly shardCount: number
  /** Pseudonym of who appends, for the audit facts; `app` when absent. */
  readonly actor?: string | undefined
  /** Memory for decoded blocks; default `BLOCK_CACHE_BYTES_DEFAULT`. */
  readonly cacheBytes?: number | undefined
  /** A cache that several streams share, instead of `cacheBytes`. */
  readonly cache?: BlockCache | undefined
  /**
   * `background` (the default) rewrites blocks into smaller ones while the stream is open; `manual` does so only when
   * it is asked to.
   */
  readonly compaction?: 'background' | 'manual' | undefined
  /** Takes over the work that the stream would do by itself in the background. */
  readonly takeJob?: ((job: Job) => void) | undefined
  readonly clock?: Clock | undefined
  readonly metrics?: Metrics | undefined
  /** Told of what keeps failing in the background, and when it works again. */
  readonly reportProblem?: ReportProblem | undefined
  /** Runs what is to be done later; that of the platform when absent. */
  readonly timer?: Timer | undefined
}

export interface AppendOptions {
  /** Refuses the append unless the topic is at this version. */
  readonly expectedVersion?: ExpectedVersion | undefined
  /**
   * Makes the append happen once: a later call with the same key and content gets the first receipt. Remembered for
   * `IDEMPOTENCY_WINDOW_MS`, by actor.
   */
  readonly idempotencyKey?: string | undefined
}

/** A time (milliseconds, a Date, ISO 8601, or relative such as `-1h`) or a place in the order of all entries. */
export type Bound = number | string | Date | { readonly position: Position | string }

export interface EventAppendOptions extends AppendOptions {
  /** Consumer groups get the events this much later; readers see them at once. */
  readonly deliverAfterMs?: number | undefined
}

export interface ReadOptions {
  /** A topic or a pattern; all topics when absent. */
  readonly topic?: string | undefined
  /** Inclusive for times, exclusive for positions. */
  readonly from?: Bound | undefined
  /** Exclusive for times, inclusive for positions. */
  readonly to?: Bound | undefined
  readonly limit?: number | undefined
  /** `backward` gives the latest first. */
  readonly direction?: 'forward' | 'backward' | undefined
  readonly signal?: AbortSignal | undefined
}

export interface TailOptions {
  readonly topic?: string | undefined
  /** Where to begin; the present end when absent. */
  readonly from?: Bound | undefined
  readonly signal?: AbortSignal | undefined
}

/** Enough for the blocks of about a million log lines in memory; see the README. */
export const BLOCK_CACHE_BYTES_DEFAULT: number = 128 * 1024 * 1024
