/** A query is typed or generated for one screen; longer ones are a mistake or an attack. */
export const QUERY_CHARS_MAX = 4_096
/** Every term may cost a scan of its own. */
export const QUERY_TERMS_MAX = 64
/** Parentheses and NOTs within each other: bounds the recursion of parser, printer and matcher. */
export const QUERY_DEPTH_MAX = 32
/**
 * Groups, values and rows that the pipes of one query hold in memory, all together: a process of 64 MiB can run any
 * query.
 */
export const TABLE_BYTES_MAX: number = 24 * 1024 * 1024
/** Groups of a `stats`, steps of a `histogram` and values of a `uniq`, which are held in memory. */
export const STATS_GROUPS_MAX = 100_000
/** Rows of a `sort by`, which are held in memory. */
export const SORT_ROWS_MAX = 100_000
