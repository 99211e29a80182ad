/** A query is typed or generated for one screen; longer ones are a mistake or an attack. */
export const QUERY_CHARS_MAX = 4_096
/** Every term may cost a scan of its own. */
export const QUERY_TERMS_MAX = 64
/** Parentheses and NOTs within each other: bounds the recursion of parser, printer and matcher. */
export const QUERY_DEPTH_MAX = 32
/** Long enough for any expression a person can still read. */
export const REGEX_CHARS_MAX = 512
/** The part of a row a regular expression sees, in UTF-16 units: bounds its time per row. */
export const REGEX_ROW_CHARS_MAX = 65_536
/** Groups of a `stats`, steps of a `histogram` and values of a `uniq`, which are held in memory. */
export const STATS_GROUPS_MAX = 100_000
/** Rows of a `sort by`, which are held in memory. */
export const SORT_ROWS_MAX = 100_000
