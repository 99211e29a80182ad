/** `'k1' | format u8 | count varint`, then groups `id u8 | length varint | bytes`. Layouts: `docs/format.md`. */
export const MAGIC = 0x6b31
/** What the groups are: templates and columns, */
export const FORMAT_MODELLED = 0
/** plain columns, */
export const FORMAT_PLAIN = 1
/** or columns that are read quickly. */
export const FORMAT_FAST = 2

export const GROUP_ROWS = 1
export const GROUP_TEXTS = 2
export const GROUP_METADATA = 3
export const GROUP_IDS = 4
export const GROUP_MARKERS = 5
