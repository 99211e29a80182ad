import { assert, ForgeError } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import { endSequence, isDropped, type BlockSummary, type StoredBlockSummary } from '../block/block-summary.ts'
import { decodeColdIndexRow, decodeRemovedRow } from '../block/cold-index-row.ts'
import { decodeHotIndexRow } from '../block/hot-index-row.ts'
import {
  KEYSPACE_COLD_INDEX,
  KEYSPACE_HOT,
  KEYSPACE_HOT_INDEX,
  KEYSPACE_REMOVED,
  KEYSPACE_TOPIC,
  keyspaceRange,
  sequenceOfKey,
} from './keys.ts'
import { Topic } from './topic.ts'
import { decodeTopicRow } from './topic-row.ts'

/** Ids hold 22 bits of topic number; the highest is kept for blocks that several topics share. */
export const TOPICS_MAX = 4_194_302

/**
 * The directory of one shard, in memory: its blocks in order of sequence, without gaps, and its topics.
 * Derived from index rows when the store opens; an append adds to it, and the compactor and retention replace parts.
 */
export class Shard {
  readonly number: number
  readonly database: string
  readonly topics: Map<number, Topic> = new Map()
  /** Numbers of topics that were removed: blocks may still name them. */
  readonly removedTopics: Set<number> = new Set()
  readonly #blocks: BlockSummary[] = []
  /** Sequence of the next entry, those of commits in flight included. */
  nextSequence = 0
  nextTopicId = 1
  /** Raw bytes that wait for the compactor. */
  hotRawBytes = 0

  constructor(o: { number: number; database: string }) {
    this.number = o.number
    this.database = o.database
  }

  /** @throws STREAM_BLOCK_DAMAGED when index rows leave a gap, RECORD_TAMPERED, DATABASE_OFFLINE */
  static async load(store: Store, o: { number: number; database: string }): Promise<Shard> {
    const shard = new Shard(o)
    for await (const page of store.scan(o.database, keyspaceRange(KEYSPACE_TOPIC))) {
      for (const { key, value } of page) shard.#loadTopic(key, value)
    }
    const blocks = [
      ...(await shard.#loadBlocks(store, KEYSPACE_REMOVED, decodeRemovedRow)),
      ...(await shard.#loadBlocks(store, KEYSPACE_COLD_INDEX, decodeColdIndexRow)),
      ...(await shard.#loadBlocks(store, KEYSPACE_HOT_INDEX, decodeHotIndexRow)),
    ]
    blocks.sort((left, right) => left.firstSequence - right.firstSequence)
    for (const block of blocks) shard.#addLoaded(block)
    // A block behind the last index row has lost its own; the next append would overwrite it.
    for await (const page of store.scan(o.database, keyspaceRange(KEYSPACE_HOT), {
      keysOnly: true,
      reverse: true,
      limit: 1,
    })) {
      for (const { key } of page) shard.#assertIndexed(key)
    }
    return shard
  }

  get blocks(): readonly BlockSummary[] {
    return this.#blocks
  }

  /** First sequence behind all that readers see. */
  get visibleEnd(): number {
    const last = this.#blocks.at(-1)
    return last === undefined ? 0 : endSequence(last)
  }

  /** Makes a durable block visible to readers. Blocks come in order of sequence. */
  publish(block: BlockSummary): void {
    assert(block.firstSequence === this.visibleEnd, 'blocks are published without gaps')
    this.#blocks.push(block)
    if (block.kind === 'hot') this.hotRawBytes += block.rawBytes
    if (block.kind !== 'removed') {
      for (const part of this.#partsOf(block)) part.topic.addPart(part)
    }
    this.nextSequence = Math.max(this.nextSequence, endSequence(block))
  }

  /** Puts blocks in the place of others that cover the same sequences. */
  replace(blocks: readonly BlockSummary[]): void {
    const from = blocks[0]!.firstSequence
    const to = endSequence(blocks.at(-1)!)
    const start = this.blockIndexOf(from)
    const last = this.blockIndexOf(to - 1)
    assert(start !== undefined && last !== undefined, 'what is replaced is there')
    const replaced = this.#blocks.splice(start, last - start + 1, ...blocks)
    assert(
      replaced[0]!.firstSequence === from && endSequence(replaced.at(-1)!) === to,
      'blocks are replaced by others of the same sequences',
    )
    for (const block of replaced) if (block.kind === 'hot') this.hotRawBytes -= block.rawBytes
    const parts = new Map<Topic, { block: StoredBlockSummary; run: StoredBlockSummary['runs'][number] }[]>()
    for (const { runs } of replaced)
      for (const { topicId } of runs) {
        const topic = this.topics.get(topicId)
        if (topic !== undefined) parts.set(topic, [])
      }
    for (const block of blocks) {
      if (block.kind === 'removed') continue
      for (const { topic, run } of this.#partsOf(block)) parts.get(topic)?.push({ block, run })
    }
    for (const [topic, list] of parts) topic.replaceParts({ from, to }, list)
  }

  addTopic(topic: Topic): void {
    this.topics.set(topic.id, topic)
    this.nextTopicId = Math.max(this.nextTopicId, topic.id + 1)
  }

  /** Place of the block that covers a sequence; undefined when none does. */
  blockIndexOf(sequence: number): number | undefined {
    let low = 0
    let high = this.#blocks.length - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const block = this.#blocks[middle]!
      if (sequence < block.firstSequence) high = middle - 1
      else if (sequence >= endSequence(block)) low = middle + 1
      else return middle
    }
    return undefined
  }

  blockOf(sequence: number): BlockSummary | undefined {
    const index = this.blockIndexOf(sequence)
    return index === undefined ? undefined : this.#blocks[index]
  }

  /** Topics with their runs; those of removed topics and dropped sections are left out. */
  *#partsOf(
    block: StoredBlockSummary,
  ): Generator<{ topic: Topic; block: StoredBlockSummary; run: StoredBlockSummary['runs'][number] }> {
    for (const run of block.runs) {
      if (isDropped(block, run)) continue
      const topic = this.topics.get(run.topicId)
      if (topic !== undefined) yield { topic, block, run }
    }
  }

  #loadTopic(key: Uint8Array, value: Uint8Array): void {
    const id = new DataView(key.buffer, key.byteOffset).getUint32(1)
    const row = decodeTopicRow(value)
    this.nextTopicId = Math.max(this.nextTopicId, id + 1)
    if (row.name === '') this.removedTopics.add(id)
    else this.addTopic(new Topic({ id, ...row, isStored: true }))
  }

  async #loadBlocks(
    store: Store,
    keyspace: number,
    decode: (firstSequence: number, value: Uint8Array) => BlockSummary,
  ): Promise<readonly BlockSummary[]> {
    const blocks: BlockSummary[] = []
    for await (const page of store.scan(this.database, keyspaceRange(keyspace))) {
      for (const { key, value } of page) {
        const firstSequence = sequenceOfKey(key)
        if (firstSequence === undefined) throw this.#damaged('an index key of a wrong length')
        blocks.push(decode(firstSequence, value))
      }
    }
    return blocks
  }

  #addLoaded(block: BlockSummary): void {
    if (block.firstSequence !== this.visibleEnd)
      throw this.#damaged(`no index row for sequence ${this.visibleEnd}`)
    if (block.runs.some(({ topicId }) => !this.topics.has(topicId) && !this.removedTopics.has(topicId)))
      throw this.#damaged('an index row of an unknown topic')
    this.publish(block)
  }

  #assertIndexed(key: Uint8Array): void {
    const sequence = sequenceOfKey(key)
    if (sequence === undefined || sequence >= this.visibleEnd)
      throw this.#damaged(`no index row for sequence ${this.visibleEnd}`)
  }

  #damaged(found: string): ForgeError {
    const details = { database: this.database }
    return new ForgeError('STREAM_BLOCK_DAMAGED', `${this.database} has ${found}`, { details })
  }
}
