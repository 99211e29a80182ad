/** One commit: far above any block a caller builds, and a frame of it stays below `FRAME_BYTES_MAX`. */
export const COMMIT_BYTES_MAX: number = 16 * 1024 * 1024
/** Operations of one commit: bounds the work of one turn of the event loop. */
export const COMMIT_OPERATIONS_MAX = 100_000
/** One frame: larger groups gain nothing, the fsync is then no longer what costs. */
export const GROUP_BYTES_MAX: number = 4 * 1024 * 1024
/** Commits waiting for their frame; beyond it `commit` waits before it builds. */
export const QUEUE_BYTES_MAX: number = 32 * 1024 * 1024
/** Callers waiting for room in the queue; beyond it they are refused with `OVERLOADED`. */
export const QUEUE_WAITERS_MAX = 100_000
/** Durable rows not yet in LevelDB; beyond it the next group waits. */
export const UNAPPLIED_BYTES_MAX: number = 16 * 1024 * 1024
/** A flush point bounds what a crash has to replay. */
export const FLUSH_POINT_BYTES: number = 64 * 1024 * 1024
/** A relaxed commit is durable this long after it settled, at the latest. */
export const RELAXED_SYNC_MS = 100

export const ACTOR_BYTES_MAX = 64
export const ACTION_BYTES_MAX = 64
export const RESOURCE_CLASS_BYTES_MAX = 32
export const CONTEXT_BYTES_MAX = 2048

/** A root and a name for each of a thousand scopes. */
export const DETAIL_BYTES_MAX: number = 256 * 1024
