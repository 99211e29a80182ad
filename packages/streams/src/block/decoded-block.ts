import type { TextKind } from '@forgeone/log-codec'

/** Which rows of a block a search must look at. */
export interface RowSelection {
  /** Names of the topics wanted, by id. */
  readonly topics: ReadonlyMap<number, string>
  /** All of them occur in the text of a row wanted; empty: every text will do. */
  readonly literals: readonly Uint8Array[]
  /** Sections that may hold such a row, from their filters; undefined: any. */
  readonly sections?: ReadonlySet<number> | undefined
}

/** What rows say, wherever they lie. */
export interface RowContent {
  timestampOf(row: number): number
  levelOf(row: number): number
  textKindOf(row: number): TextKind
  textOf(row: number): string
  textBytesOf(row: number): Uint8Array
  /** Canonical JSON; undefined when there is none. */
  metadataOf(row: number): string | undefined
  clientIdOf(row: number): string | undefined
  markerOf(row: number): string | undefined
}

/** A block in memory, hot or cold. A row is the distance of its sequence from the first one of the block. */
export interface DecodedBlock extends RowContent {
  readonly firstSequence: number
  readonly count: number
  /** What it holds in memory, about. */
  readonly bytes: number
  topicIdOf(row: number): number
  commitSequenceOf(row: number): number
  commitTimeOf(row: number): number
  /** True when the row's entry was removed while others of its block stayed. */
  isRemoved(row: number): boolean
  /** Rows of the topics that hold every literal, ascending. */
  rowsWith(selection: RowSelection): ArrayLike<number>
}
