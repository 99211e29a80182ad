import type { SectionLevel } from '@forgeone/log-codec'

/** Entries of one topic in a block. */
export interface RunSummary {
  readonly topicId: number
  readonly count: number
  readonly rawBytes: number
  readonly minTimestamp: number
  readonly maxTimestamp: number
}

/** A range of a shard's sequences, as its directory lists it; what is known of it without reading it. */
interface BlockBase {
  readonly firstSequence: number
  readonly count: number
  /** Of the first entry. */
  readonly commitSequence: number
  readonly lastCommitSequence: number
  readonly commitTime: number
  readonly lastCommitTime: number
  readonly minTimestamp: number
  readonly maxTimestamp: number
  /** Bit n: rows of level code n are in it. */
  readonly levelMask: number
  /** Bytes of texts and metadata as they were given. */
  readonly rawBytes: number
  /** Bytes of the sealed values. */
  readonly storedBytes: number
}

/** The entries of one commit and shard, as they were appended. */
export interface HotSummary extends BlockBase {
  readonly kind: 'hot'
  readonly runs: readonly RunSummary[]
}

export interface ColdRunSummary extends RunSummary {
  /** Place of its section in the block's list. */
  readonly section: number
}

/** Rows of one topic, or of several thin ones, that are encoded together. */
export interface SectionSummary {
  readonly count: number
  /** Bytes before they are sealed. */
  readonly bytes: number
  /** 0: it has no filter, and every search must read it. */
  readonly filterBytes: number
  readonly templateCount: number
}

/** The entries of many commits, rewritten by the compactor. */
export interface ColdSummary extends BlockBase {
  readonly kind: 'cold'
  readonly level: SectionLevel
  readonly tableBytes: number
  readonly runs: readonly ColdRunSummary[]
  readonly sections: readonly SectionSummary[]
}

/** Sequences whose entries were all removed. */
export interface RemovedSummary extends BlockBase {
  readonly kind: 'removed'
  readonly runs: readonly never[]
}

export type BlockSummary = HotSummary | ColdSummary | RemovedSummary
export type StoredBlockSummary = HotSummary | ColdSummary

export function endSequence(block: Pick<BlockBase, 'firstSequence' | 'count'>): number {
  return block.firstSequence + block.count
}

/** Whether the rows of a run were removed while others of its block stayed: its section is empty. */
export function isDropped(block: StoredBlockSummary, run: RunSummary | ColdRunSummary): boolean {
  return block.kind === 'cold' && 'section' in run && block.sections[run.section]?.bytes === 0
}
