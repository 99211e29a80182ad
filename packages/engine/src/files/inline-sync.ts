/** Only small frames: of a larger one the copy alone would hold the event loop. */
const INLINE_BYTES_MAX = 32 * 1024
/**
 * Handing a write to the thread pool and back costs about 80 µs, and much more when the pool is busy. While the disk
 * makes a frame durable within this time, waiting for it on the spot is quicker, and the event loop can spare it.
 */
const INLINE_MS_MAX = 1
/** Weight of the newest sample in the running mean: a few slow syncs end inline writing. */
const NEWEST_WEIGHT = 0.2
/** A disk that was slow is tried again after so many writes, and then judged by that one. */
const RETRY_WRITES = 200

/**
 * Decides, from how long the disk took lately, whether a durable write is done inline or by the thread pool. A disk
 * that is slow or hangs holds the event loop for a few writes at most.
 */
export class InlineSync {
  #meanMs = 0
  #writesSinceSlow = 0

  suits(bytes: number): boolean {
    if (bytes > INLINE_BYTES_MAX) return false
    if (this.#meanMs <= INLINE_MS_MAX) return true
    return ++this.#writesSinceSlow >= RETRY_WRITES
  }

  record(elapsedMs: number): void {
    const isRetry = this.#writesSinceSlow >= RETRY_WRITES
    this.#writesSinceSlow = 0
    this.#meanMs = isRetry ? elapsedMs : this.#meanMs + (elapsedMs - this.#meanMs) * NEWEST_WEIGHT
  }
}
