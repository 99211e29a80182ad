/** Rows of a section at most: a section is one topic's share of a cold block. */
export const SECTION_ROWS_MAX = 65_536
/** Texts of a section together, and each of its sparse columns: it bounds what a reader must hold to render one. */
export const SECTION_TEXT_BYTES_MAX: number = 8 * 1024 * 1024

/** Rows of one topic in sequence order, as columns. */
export interface SectionRows {
  /** 1 to SECTION_ROWS_MAX. */
  readonly count: number
  /** A row's distance from the first sequence of its block, ascending; undefined: 0, 1, 2 … */
  readonly offsets: Uint32Array | undefined
  /** Integer milliseconds in any order. */
  readonly timestamps: Float64Array
  /** Code of the severity or priority. */
  readonly levels: Uint8Array
  /** 0 message, 1 json, 2 bytes; undefined: all 0. */
  readonly textKinds: Uint8Array | undefined
  /** All texts back to back: mostly UTF-8, but any bytes are allowed. */
  readonly text: Uint8Array
  /** `count + 1` offsets into `text`. */
  readonly textOffsets: Uint32Array
  /** Canonical JSON text by row. */
  readonly metadata: ReadonlyMap<number, string>
  readonly ids: ReadonlyMap<number, string>
  readonly markers: ReadonlyMap<number, string>
}
