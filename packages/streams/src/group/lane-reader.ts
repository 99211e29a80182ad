import { comparePositions, type Position } from '../entry/position.ts'
import type { Soon } from '../read/soon.ts'
import type { PlacedTopic } from '../shard/topic-directory.ts'
import { SCAN_ENTRIES_MAX } from './group-limits.ts'
import type { GroupTopics } from './group-topics.ts'
import type { PlacedEvent, ReadEvent } from './placed-event.ts'

/** The part of a stream that groups read from. */
export interface EventSource {
  /** The last entry that readers see. */
  head(): Position | undefined
  /** Grows whenever entries are removed from the log. */
  removals(): number
  /** Whether an entry that was read before is in the log still. */
  isThere(position: Position): Soon<boolean>
  scan(o: {
    readonly topics: readonly PlacedTopic[]
    readonly after: Position
    readonly upTo: Position
    readonly levelMask: number
    readonly limit: number
  }): AsyncGenerator<readonly PlacedEvent[]>
}

interface Scan {
  readonly batches: AsyncGenerator<readonly PlacedEvent[]>
  readonly upTo: Position
  readonly readAt: number
  taken: number
}

/** Reads the entries of some priorities in the order of the log, from a cursor to the end, which may move meanwhile. */
export class LaneReader {
  readonly #source: EventSource
  readonly #topics: GroupTopics
  readonly #levelMask: number
  /** The last entry taken, or the place up to which nothing more was found. */
  #cursor: Position
  /** The last entry read. */
  #readTo: Position
  #buffer: readonly PlacedEvent[] = []
  #bufferReadAt = 0
  #at = 0
  #scan: Scan | undefined
  /** Entries of the topics when the end was reached; a different count says that there are more. */
  #countAtEnd: number | undefined

  constructor(o: { source: EventSource; topics: GroupTopics; levelMask: number; cursor: Position }) {
    this.#source = o.source
    this.#topics = o.topics
    this.#levelMask = o.levelMask
    this.#cursor = o.cursor
    this.#readTo = o.cursor
  }

  get cursor(): Position {
    return this.#cursor
  }

  get hasNext(): boolean {
    return this.#at < this.#buffer.length
  }

  /** Reads on until there is a next entry. @returns false when the end was reached without one */
  async fill(): Promise<boolean> {
    while (!this.hasNext) {
      this.#scan ??= this.#startScan()
      if (this.#scan === undefined) return false
      const batch = await this.#nextBatch(this.#scan)
      if (batch === undefined) this.#endScan(this.#scan)
      else {
        this.#buffer = batch
        this.#bufferReadAt = this.#scan.readAt
        this.#at = 0
        this.#scan.taken += batch.length
        this.#readTo = batch.at(-1)!.position
      }
    }
    return true
  }

  async #nextBatch({ batches }: Scan): Promise<readonly PlacedEvent[] | undefined> {
    try {
      const { value, done } = await batches.next()
      return done === true ? undefined : value
    } catch (cause) {
      // A generator that threw has ended: asking it again would pass for the end of the log.
      this.#scan = undefined
      this.#countAtEnd = undefined
      throw cause
    }
  }

  /** Only after `hasNext`. */
  take(): ReadEvent {
    const placed = this.#buffer[this.#at++]!
    this.#cursor = placed.position
    return { ...placed, readAt: this.#bufferReadAt }
  }

  #startScan(): Scan | undefined {
    // Counted before the end is looked up, in the same turn: what comes later changes the count.
    const { topics, count } = this.#topics.current()
    if (count === this.#countAtEnd) return undefined
    const upTo = this.#source.head()
    if (upTo === undefined || comparePositions(upTo, this.#readTo) <= 0) {
      this.#countAtEnd = count
      return undefined
    }
    this.#countAtEnd = count
    const request = { topics, after: this.#readTo, upTo, levelMask: this.#levelMask, limit: SCAN_ENTRIES_MAX }
    const readAt = this.#source.removals()
    return { batches: this.#source.scan(request), upTo, readAt, taken: 0 }
  }

  #endScan(scan: Scan): void {
    this.#scan = undefined
    if (scan.taken === SCAN_ENTRIES_MAX) {
      // It ended at its limit, so there may be more.
      this.#countAtEnd = undefined
      return
    }
    this.#readTo = scan.upTo
    this.#cursor = scan.upTo
  }
}
