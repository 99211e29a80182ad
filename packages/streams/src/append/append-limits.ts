/** One call: bounds the work of one turn of the event loop. */
export const APPEND_ENTRIES_MAX = 10_000
export const APPEND_BYTES_MAX: number = 8 * 1024 * 1024
/** Waiting for their commit; beyond it `append` waits before it takes more. */
export const PENDING_APPEND_BYTES_MAX: number = 64 * 1024 * 1024
/** Callers waiting beyond that are refused. */
export const PENDING_APPENDS_MAX = 100_000
/** A block is read whole, so a shard's entries of one commit are cut at this many bytes of rows: half a value. */
export const BLOCK_ROWS_BYTES: number = 512 * 1024
/** A second commit gathers while the first is being written; more would only make blocks smaller. */
export const COMMITS_IN_FLIGHT_MAX = 2
/** How long an idempotency key is remembered: a producer that retries later than a day was restarted by hand. */
export const IDEMPOTENCY_WINDOW_MS: number = 24 * 60 * 60 * 1000
/** Keys remembered by a stream; beyond it the oldest are forgotten early, so that they never fill the disk. */
export const IDEMPOTENCY_ROWS_MAX = 1_000_000
/** A key is a name, such as a request id; it is only ever hashed. */
export const IDEMPOTENCY_KEY_BYTES_MAX = 255
/** Forgotten keys that one append deletes: more than it adds, so that they cannot pile up. */
export const FORGOTTEN_KEYS_PER_APPEND = 8
