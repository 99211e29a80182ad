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
