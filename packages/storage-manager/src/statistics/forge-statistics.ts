import type { JobFigures } from '@forgeone/engine'

/** What a store holds and takes. */
export interface ForgeStatistics {
  readonly bytesOnDisk: number
  readonly commits: number
  readonly entries: number
  readonly rawBytes: number
  readonly topics: readonly TopicStatistics[]
  /** What the store does by itself. */
  readonly background: readonly JobFigures[]
  readonly shardCount: number
  readonly encryption: string
  readonly state: string
}

export interface TopicStatistics {
  /** The facility that has it, such as `logs`. */
  readonly stream: string
  readonly topic: string
  readonly count: number
  readonly rawBytes: number
  readonly storedBytes: number
  /** Time of the earliest and latest entry, in milliseconds; null for a topic without entries. */
  readonly first: number | null
  readonly last: number | null
}
