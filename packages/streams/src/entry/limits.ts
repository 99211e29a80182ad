/** One log message in UTF-8: a row must fit a hot block beside others, and search scans it whole. */
export const MESSAGE_BYTES_MAX = 1_048_576
/** One event payload, as bytes or as JSON text: same reason as a message. */
export const PAYLOAD_BYTES_MAX = 1_048_576
/** Metadata is parsed for each row a query inspects, so it stays far smaller than the message. */
export const METADATA_BYTES_MAX = 65_536
/** A caller's id has a hash row and a column value of its own. */
export const CLIENT_ID_BYTES_MAX = 128
/** A checkpoint marker is a short name, like an id. */
export const MARKER_BYTES_MAX = 128
/** Milliseconds from 1970, either way (the year 73,325): a difference of two still fits a zigzag varint below 2^53. */
export const TIMESTAMP_MS_MAX: number = 2 ** 51 - 1
