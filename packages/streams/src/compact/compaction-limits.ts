/** Rows and raw bytes of a cold block: what a reader of one row decodes at worst, and what the compactor holds. */
export const COLD_BLOCK_ROWS_MAX = 65_536
export const COLD_BLOCK_RAW_BYTES_MAX: number = 8 * 1024 * 1024
/**
 * The same for the level `fast`: small enough that a range of times, or one entry, is read with little beside it.
 */
export const FAST_BLOCK_ROWS_MAX = 16_384
export const FAST_BLOCK_RAW_BYTES_MAX: number = 1024 * 1024
/** Topics with fewer raw bytes in a block share a section, so that ten thousand of them do not make as many. */
export const THIN_TOPIC_RAW_BYTES: number = 16 * 1024
/** A section that topics share is cut here, since a reader of one of them decodes all. */
export const SHARED_SECTION_RAW_BYTES: number = 512 * 1024
/**
 * Runs that the sources of a cold block have together. It bounds the rows that their commit deletes, two for each hot
 * block, and the index row, some 20 bytes for each topic.
 */
export const SOURCE_RUNS_MAX = 40_000
/** The compactor begins when a shard has so much raw text in hot blocks. */
export const HOT_RAW_BYTES_START: number = 16 * 1024 * 1024
/** Or when its oldest hot block has this age, in a shard to which nothing was appended for a while. */
export const HOT_AGE_START_MS = 30_000
export const IDLE_MS = 5_000
/** Blocks without entries younger than this are compressed harder, at the price of slower reads. */
export const SETTLED_MS = 86_400_000
/** Neighbouring cold blocks are merged when so many are of one class of size, a factor of four apart. */
export const MERGE_BLOCKS = 4
export const SIZE_CLASS_BYTES: number = 256 * 1024
/** Share of one core that compaction takes while entries are appended; all of it when none are. */
export const BUSY_SHARE = 0.3
