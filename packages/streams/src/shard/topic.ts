import { endSequence, type RunSummary, type StoredBlockSummary } from '../block/block-summary.ts'
import type { TopicRow } from './topic-row.ts'
import type { TopicSettings } from './topic-settings.ts'

/** The entries of a topic in one block. */
export interface TopicPart {
  readonly block: StoredBlockSummary
  readonly run: RunSummary
}

export interface TopicInput extends Partial<TopicRow> {
  readonly id: number
  readonly name: string
  readonly createdAt: number
  readonly isStored: boolean
}

/** A topic of one shard, with the figures that its blocks add up to. */
export class Topic {
  readonly id: number
  readonly name: string
  readonly createdAt: number
  settings: TopicSettings
  isDeclared: boolean
  /** Its row is written, or is part of a commit in flight. */
  isStored: boolean
  /** Where its entries are, ascending by sequence. */
  #parts: TopicPart[] = []
  /** Entries that are stored. */
  count = 0
  removedCount: number
  /** Entries including those of commits in flight: what an expected version is compared with. */
  nextVersion: number
  rawBytes = 0
  storedBytes = 0
  firstTimestamp: number | undefined
  lastTimestamp: number | undefined

  constructor(o: TopicInput) {
    this.id = o.id
    this.name = o.name
    this.createdAt = o.createdAt
    this.isStored = o.isStored
    this.isDeclared = o.isDeclared ?? false
    this.settings = o.settings ?? {}
    this.removedCount = o.removedCount ?? 0
    this.nextVersion = this.removedCount
  }

  get parts(): readonly TopicPart[] {
    return this.#parts
  }

  /** Number of entries ever appended that readers could see. */
  get version(): number {
    return this.count + this.removedCount
  }

  /** Whether a listing shows it: a topic whose first entries are still being written is not there yet. */
  get isVisible(): boolean {
    return this.isDeclared || this.version > 0
  }

  get row(): TopicRow {
    const { name, createdAt, isDeclared, settings, removedCount } = this
    return { name, createdAt, isDeclared, settings, removedCount }
  }

  addPart(part: TopicPart): void {
    this.#parts.push(part)
    this.#count(part)
    this.nextVersion = Math.max(this.nextVersion, this.version)
  }

  /** Place of the first part that ends behind a sequence. */
  partIndexOf(sequence: number): number {
    let low = 0
    let high = this.#parts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (endSequence(this.#parts[middle]!.block) <= sequence) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Puts parts in the place of those within a range of sequences. */
  replaceParts(range: { readonly from: number; readonly to: number }, parts: readonly TopicPart[]): void {
    const start = this.partIndexOf(range.from)
    let end = start
    while (end < this.#parts.length && this.#parts[end]!.block.firstSequence < range.to) end++
    const versionBefore = this.version
    this.#parts.splice(start, end - start, ...parts)
    this.count = 0
    this.rawBytes = 0
    this.storedBytes = 0
    this.firstTimestamp = undefined
    this.lastTimestamp = undefined
    for (const part of this.#parts) this.#count(part)
    this.removedCount += versionBefore - this.version
  }

  #count({ block, run }: TopicPart): void {
    this.count += run.count
    this.rawBytes += run.rawBytes
    this.storedBytes += storedShare(block, run)
    this.firstTimestamp = Math.min(this.firstTimestamp ?? run.minTimestamp, run.minTimestamp)
    this.lastTimestamp = Math.max(this.lastTimestamp ?? run.maxTimestamp, run.maxTimestamp)
  }
}

/** A block that several topics share is split by the bytes they brought. */
function storedShare(block: StoredBlockSummary, run: RunSummary): number {
  return block.rawBytes === 0 ? 0 : Math.round((block.storedBytes * run.rawBytes) / block.rawBytes)
}
