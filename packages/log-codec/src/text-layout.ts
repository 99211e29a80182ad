/** Where the bytes of strings are: in the stream of the model, or packed before it. */
export const HEAP_INLINE = 0
export const HEAP_PACKED = 1

/** Salts of the numbers that describe texts. They are part of the format. */
export const HEADER_TEMPLATES = 1
export const HEADER_SHARED = 2
export const HEADER_COLUMNS = 3
export const HEADER_CONSTANT = 4
export const HEADER_COLUMN = 5
/** Kind, width, prediction, ancestor, field, variant, exactness. */
export const HEADER_PLAN = 6
