import { DISPOSE_REASONS, type DisposeReason } from './disposals.ts'

/** A reading of a cache; counts are since it was made. */
export interface MemoryCacheStats {
  readonly hits: number
  readonly misses: number
  /** Old values handed out while a refresh ran. */
  readonly stale: number
  /** Hits of the knowledge that there is no value. */
  readonly negative: number
  readonly loads: number
  readonly loadMs: number
  readonly loadErrors: number
  /** Entries that left, by reason. */
  readonly removed: Readonly<Record<DisposeReason, number>>
  readonly entries: number
  readonly bytes: number
  /** Share that W-TinyLFU keeps for newcomers; absent with other policies. */
  readonly windowShare?: number | undefined
  readonly hitRate: number
  /** Over about the last 10,000 gets. */
  readonly recentHitRate: number
}

const MARKS = 10
/** Gets between two marks: ten of them are the window of the recent hit rate. */
export const GETS_PER_MARK = 1_000

/** What a cache counts besides its hits and misses, which it counts itself on its shortest path. */
export class MemoryCacheCounters {
  stale = 0
  negative = 0
  loads = 0
  loadMs = 0
  loadErrors = 0
  readonly #removed = new Float64Array(DISPOSE_REASONS.length)
  readonly #marks: { readonly hits: number; readonly gets: number }[] = [{ hits: 0, gets: 0 }]

  countRemoved(reason: DisposeReason): void {
    this.#removed[DISPOSE_REASONS.indexOf(reason)]!++
  }

  mark(hits: number, gets: number): void {
    this.#marks.push({ hits, gets })
    if (this.#marks.length > MARKS) this.#marks.shift()
  }

  /** Everything counted, with what the cache itself knows. */
  reading(
    known: Pick<MemoryCacheStats, 'hits' | 'misses' | 'entries' | 'bytes' | 'windowShare'>,
  ): MemoryCacheStats {
    const gets = known.hits + known.misses
    const start = this.#marks[0]!
    const recent = gets - start.gets
    return {
      ...known,
      stale: this.stale,
      negative: this.negative,
      loads: this.loads,
      loadMs: this.loadMs,
      loadErrors: this.loadErrors,
      // Every reason is set: the record is complete.
      removed: Object.fromEntries(
        DISPOSE_REASONS.map((reason, index) => [reason, this.#removed[index]!]),
      ) as Record<DisposeReason, number>,
      hitRate: gets === 0 ? 0 : known.hits / gets,
      recentHitRate: recent === 0 ? 0 : (known.hits - start.hits) / recent,
    }
  }
}
