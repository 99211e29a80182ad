import type { Clock } from '@forgeone/common'
import type { MemoryCacheStats } from '../memory/memory-cache-stats.ts'
import type { TableName } from '../table/records.ts'
import { TABLE_NAMES } from '../table/tables.ts'

/** Counts of one table since the cache was opened. */
export interface TableStats {
  readonly memoryHits: number
  readonly diskHits: number
  readonly misses: number
  readonly negative: number
  readonly stale: number
  readonly corrupt: number
  readonly loads: number
  readonly loadMs: number
  readonly loadErrors: number
  readonly puts: number
  /** Bytes of records before and after compression. */
  readonly rawBytes: number
  readonly storedBytes: number
}

/** A reading of a metadata cache. */
export interface MetadataCacheStats {
  /** `memory` when another process has the directory, or nothing is to be stored. */
  readonly mode: 'persistent' | 'memory' | 'off'
  readonly tables: Readonly<Record<TableName, TableStats>>
  readonly memory: MemoryCacheStats
  /** Stored bytes with keys and index rows. */
  readonly diskBytes: number
  /** What the database says that it takes on disk; absent where it cannot tell. */
  readonly approximateDiskBytes?: number | undefined
  readonly evicted: number
  readonly diskErrors: number
  readonly fingerprintChanges: number
  /** Unix milliseconds. */
  readonly lastCleanup?: number | undefined
}

export type TableCounters = { -readonly [Name in keyof TableStats]: TableStats[Name] }

export function tableCounters(): Record<TableName, TableCounters> {
  // Every table is named: the record is complete.
  return Object.fromEntries(TABLE_NAMES.map((name) => [name, zero()])) as Record<TableName, TableCounters>
}

function zero(): TableCounters {
  return {
    memoryHits: 0,
    diskHits: 0,
    misses: 0,
    negative: 0,
    stale: 0,
    corrupt: 0,
    loads: 0,
    loadMs: 0,
    loadErrors: 0,
    puts: 0,
    rawBytes: 0,
    storedBytes: 0,
  }
}

/** A load with its time, and its failure, counted. */
export async function timedLoad<T>(
  counters: TableCounters,
  clock: Clock,
  load: () => Promise<T>,
): Promise<T> {
  const startedMs = clock.monotonicMs()
  counters.loads++
  try {
    return await load()
  } catch (error) {
    counters.loadErrors++
    throw error
  } finally {
    counters.loadMs += clock.monotonicMs() - startedMs
  }
}
