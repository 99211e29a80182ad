import type { BlockSummary, RunSummary } from '../block/hot-index-row.ts'

/** A topic of one shard, with the figures that its blocks add up to. */
export class Topic {
  readonly id: number
  readonly name: string
  readonly createdAt: number
  /** Blocks that hold entries of the topic, as places in the shard's list, ascending. */
  readonly blocks: number[] = []
  /** Its row is written, or is part of a commit in flight. */
  isStored: boolean
  /** Entries that readers see. */
  count = 0
  /** Entries including those of commits in flight: what an expected version is compared with. */
  nextVersion = 0
  rawBytes = 0
  storedBytes = 0
  firstTimestamp: number | undefined
  lastTimestamp: number | undefined

  constructor(o: { id: number; name: string; createdAt: number; isStored: boolean }) {
    this.id = o.id
    this.name = o.name
    this.createdAt = o.createdAt
    this.isStored = o.isStored
  }

  addRun(blockIndex: number, block: BlockSummary, run: RunSummary): void {
    this.blocks.push(blockIndex)
    this.count += run.count
    this.nextVersion = Math.max(this.nextVersion, this.count)
    this.rawBytes += run.rawBytes
    // A block that several topics share is split by the bytes they brought.
    this.storedBytes +=
      block.rawBytes === 0 ? 0 : Math.round((block.storedBytes * run.rawBytes) / block.rawBytes)
    this.firstTimestamp = Math.min(this.firstTimestamp ?? run.minTimestamp, run.minTimestamp)
    this.lastTimestamp = Math.max(this.lastTimestamp ?? run.maxTimestamp, run.maxTimestamp)
  }
}
