import type { DecodedBlock } from '../block/decoded-block.ts'
import type { Position } from '../entry/position.ts'
import type { RowPredicate } from '../query/match-row.ts'
import type { StepBudget } from '../regex/step-budget.ts'
import type { Shard } from '../shard/shard.ts'
import type { PlacedTopic } from '../shard/topic-directory.ts'
import type { BlockReader, FilterFigures } from './block-reader.ts'

/** What a scan looks for. Bounds that are absent do not bound. */
export interface ScanRequest {
  readonly topics: readonly PlacedTopic[]
  readonly timeFrom: number
  /** Exclusive. */
  readonly timeTo: number
  /** -1: every level. */
  readonly levelMask: number
  /** All of them occur in the text of a row wanted. */
  readonly literals: readonly Uint8Array[]
  /** Tokens, lower case, that a filter must hold for a block to have a row wanted. */
  readonly tokens: readonly string[]
  readonly rowTest: RowPredicate | undefined
  /** Of the row test, which pauses when it is spent. */
  readonly budget?: StepBudget | undefined
  /** Entries after this one only. */
  readonly after?: Position | undefined
  /** Entries up to and including this one only. */
  readonly upTo?: Position | undefined
  readonly reverse: boolean
  readonly limit: number
  readonly signal?: AbortSignal | undefined
}

/** What a scan did, filled while it runs. */
export interface ScanFigures extends FilterFigures {
  blocksConsidered: number
  blocksSkippedByTime: number
  blocksSkippedByLevel: number
  blocksSkippedByFilter: number
  blocksRead: number
  bytesRead: number
  rowsScanned: number
  rowsReturned: number
  /** Reading, authenticating and decompressing blocks and filters. */
  readMs: number
  /** Looking for literals and testing rows. */
  matchMs: number
}

export function newScanFigures(): ScanFigures {
  return {
    blocksConsidered: 0,
    blocksSkippedByTime: 0,
    blocksSkippedByLevel: 0,
    blocksSkippedByFilter: 0,
    blocksRead: 0,
    bytesRead: 0,
    filtersRead: 0,
    filtersRejected: 0,
    rowsScanned: 0,
    rowsReturned: 0,
    readMs: 0,
    matchMs: 0,
  }
}

/** A row that was found, before it is made an entry. */
export interface FoundRow {
  readonly block: DecodedBlock
  readonly row: number
  readonly shard: Shard
  readonly topic: string
}

export interface ScanContext {
  readonly reader: BlockReader
  readonly figures: ScanFigures
}
