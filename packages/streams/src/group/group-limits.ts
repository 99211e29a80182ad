/** All groups are held in memory from open on, and each may keep a state of a mebibyte. */
export const GROUPS_MAX = 1024
/** Checkpoints are held in memory so that a read can begin at one without waiting. */
export const CHECKPOINTS_MAX = 4096
/** Patterns of one group: each topic is compared with all of them. */
export const GROUP_TOPICS_MAX = 64
/** Deliveries out at once, of one subscription and of a whole group: so many runs fit one state row. */
export const IN_FLIGHT_MAX = 65_536
export const IN_FLIGHT_DEFAULT = 1024
/** Entries of one group that wait for a retry or their time; each takes a row and some 200 bytes of memory. */
export const WAITING_MAX = 262_144
/** Waiting entries whose event stays in memory; those beyond are read again when they are due. */
export const WAITING_EVENTS_MAX = 1024
export const ACK_TIMEOUT_MS_DEFAULT = 30_000
/** Also the longest time a timer of the platform can hold, less a margin. */
export const ACK_TIMEOUT_MS_MAX = 86_400_000
export const DELIVERIES_DEFAULT = 5
/** The count of an entry must fit two bytes with room. */
export const DELIVERIES_MAX = 1000
export const BACKOFF_MS_DEFAULT = 1000
/** Doubling stops here, so that an entry of many attempts is still tried every hour. */
export const BACKOFF_MS_MAX = 3_600_000
/** A year and a day: what waits longer belongs in a calendar. */
export const DELIVER_AFTER_MS_MAX: number = 366 * 86_400_000
/** Entries a handler or caller gets at once when it names no number. */
export const BATCH_DEFAULT = 100
/** Handlers of one subscription that run side by side. */
export const CONCURRENCY_MAX = 1024
/**
 * First deliveries prepared before somebody asks, so that one commit tells of many batches. A crash counts an attempt
 * for each, but what was handed out before is never prepared ahead: the attempt after a crash is counted alone.
 */
export const READ_AHEAD_BATCHES = 20
export const READ_AHEAD_MIN = 64
export const READ_AHEAD_MAX = 2048
/** The same in bytes, by the size of the first of those prepared last. */
export const READ_AHEAD_BYTES: number = 16 * 1024 * 1024
/** A scan is planned anew after so many entries, so that it never holds on to blocks of long ago. */
export const SCAN_ENTRIES_MAX = 8192
/** Deletions of one commit; the rest follows in later ones. */
export const DELETES_MAX = 4096
/** A reason travels in the metadata of a dead letter. */
export const REASON_CHARS_MAX = 1024
/** A state row must stay below the largest value of a store, with its runs at their widest (14 bytes). */
export const STATE_BYTES_MAX: number = 1_100_000
