import { nameOf } from '../table/fixed-bytes.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Entries that live so long are told apart by days, which writes a twenty-fourth as often. */
const DAILY_ABOVE_MS = 30 * DAY_MS

/** An entry that was used, and what is needed to find its expiry row. */
export interface Touch {
  readonly name: string
  readonly entry: Uint8Array
  readonly expiresAt: number
  readonly bucket: number
}

/**
 * When entries were used last, in buckets of an hour or a day. Uses collect in memory, and only one that changes the
 * bucket of its entry is written, as one short row: a million reads of ten thousand keys write ten thousand at most.
 */
export class Recency {
  readonly #bucketMs: number
  readonly #limit: number
  #waiting = new Map<string, Touch>()
  /** Buckets that are known to be written; forgotten when there are too many. */
  #written = new Map<string, number>()

  constructor({ lifetimeMs, limit }: { readonly lifetimeMs: number; readonly limit: number }) {
    this.#bucketMs = lifetimeMs >= DAILY_ABOVE_MS ? DAY_MS : HOUR_MS
    this.#limit = limit
  }

  /** Hours since 1970, the same for all times of one bucket. */
  bucketAt(timeMs: number): number {
    return (Math.floor(timeMs / this.#bucketMs) * this.#bucketMs) / HOUR_MS
  }

  /** @returns whether enough is waiting to be written now */
  touch(
    entry: Uint8Array,
    { now, expiresAt }: { readonly now: number; readonly expiresAt: number },
  ): boolean {
    const name = nameOf(entry)
    const bucket = this.bucketAt(now)
    if (this.#written.get(name) === bucket) return false
    this.#waiting.set(name, { name, entry, expiresAt, bucket })
    return this.#waiting.size >= this.#limit
  }

  onWritten(name: string, bucket: number): void {
    if (this.#written.size >= 64 * this.#limit) this.#written.clear()
    this.#written.set(name, bucket)
  }

  onRemoved(entry: Uint8Array): void {
    const name = nameOf(entry)
    this.#waiting.delete(name)
    this.#written.delete(name)
  }

  take(): readonly Touch[] {
    const touches = [...this.#waiting.values()]
    this.#waiting = new Map()
    return touches
  }

  clear(): void {
    this.#waiting.clear()
    this.#written.clear()
  }
}
