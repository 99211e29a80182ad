import { assert, ForgeError } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import { decodeHotIndexRow, type BlockSummary } from '../block/hot-index-row.ts'
import { KEYSPACE_HOT, KEYSPACE_HOT_INDEX, KEYSPACE_TOPIC, keyspaceRange, sequenceOfKey } from './keys.ts'
import { Topic } from './topic.ts'
import { decodeTopicRow } from './topic-row.ts'

/** Ids hold 22 bits of topic number; the highest is kept for blocks that several topics share. */
export const TOPICS_MAX = 4_194_302

/**
 * The directory of one shard, in memory: its blocks in order of sequence, and its topics.
 * Derived from index rows when the store opens; an append only adds to it.
 */
export class Shard {
  readonly number: number
  readonly database: string
  readonly blocks: BlockSummary[] = []
  readonly topics: Map<number, Topic> = new Map()
  /** Sequence of the next entry, those of commits in flight included. */
  nextSequence = 0
  nextTopicId = 1

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
    for await (const page of store.scan(o.database, keyspaceRange(KEYSPACE_HOT_INDEX))) {
      for (const { key, value } of page) shard.#loadBlock(key, value)
    }
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

  /** Makes a durable block visible to readers. Blocks come in order of sequence. */
  publish(block: BlockSummary): void {
    assert(block.firstSequence === this.#visibleEnd(), 'blocks are published without gaps')
    const index = this.blocks.push(block) - 1
    for (const run of block.runs) {
      const topic = this.topics.get(run.topicId)
      assert(topic !== undefined, 'the topic of a published run is known')
      topic.addRun(index, block, run)
    }
    this.nextSequence = Math.max(this.nextSequence, block.firstSequence + block.count)
  }

  addTopic(topic: Topic): void {
    this.topics.set(topic.id, topic)
    this.nextTopicId = Math.max(this.nextTopicId, topic.id + 1)
  }

  /** Place of the block that holds an entry; undefined when none does. */
  blockIndexOf(sequence: number): number | undefined {
    let low = 0
    let high = this.blocks.length - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const block = this.blocks[middle]!
      if (sequence < block.firstSequence) high = middle - 1
      else if (sequence >= block.firstSequence + block.count) low = middle + 1
      else return middle
    }
    return undefined
  }

  #visibleEnd(): number {
    const last = this.blocks.at(-1)
    return last === undefined ? 0 : last.firstSequence + last.count
  }

  #loadTopic(key: Uint8Array, value: Uint8Array): void {
    const id = new DataView(key.buffer, key.byteOffset).getUint32(1)
    this.addTopic(new Topic({ id, ...decodeTopicRow(value), isStored: true }))
  }

  #loadBlock(key: Uint8Array, value: Uint8Array): void {
    const firstSequence = sequenceOfKey(key)
    if (firstSequence === undefined) throw this.#damaged('an index key of a wrong length')
    const block = decodeHotIndexRow(firstSequence, value)
    if (block.firstSequence !== this.#visibleEnd())
      throw this.#damaged(`no index row for sequence ${this.#visibleEnd()}`)
    if (block.runs.some((run) => !this.topics.has(run.topicId)))
      throw this.#damaged('an index row of an unknown topic')
    this.publish(block)
  }

  #assertIndexed(key: Uint8Array): void {
    const sequence = sequenceOfKey(key)
    if (sequence === undefined || sequence >= this.#visibleEnd())
      throw this.#damaged(`no index row for sequence ${this.#visibleEnd()}`)
  }

  #damaged(found: string): ForgeError {
    const details = { database: this.database }
    return new ForgeError('STREAM_BLOCK_DAMAGED', `${this.database} has ${found}`, { details })
  }
}
