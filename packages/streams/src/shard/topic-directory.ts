import { ForgeError, utf8Encode } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import { compileTopicPattern } from '../topic/topic-pattern.ts'
import { validateTopicName } from '../topic/topic-name.ts'
import { TOPICS_MAX, type Shard } from './shard.ts'
import { Topic } from './topic.ts'

/** A shard that cannot be read: its topics are unknown, and calls that need it fail with the reason. */
export interface OfflineShard {
  readonly number: number
  readonly reason: ForgeError
}

export interface PlacedTopic {
  readonly shard: Shard
  readonly topic: Topic
}

/** All topics of a stream by name, over all its shards. */
export class TopicDirectory {
  readonly #store: Store
  readonly #shards: readonly (Shard | OfflineShard)[]
  readonly #byName = new Map<string, PlacedTopic>()

  constructor(store: Store, shards: readonly (Shard | OfflineShard)[]) {
    this.#store = store
    this.#shards = shards
    for (const shard of this.online()) {
      for (const topic of shard.topics.values()) this.#byName.set(topic.name, { shard, topic })
    }
  }

  online(): readonly Shard[] {
    return this.#shards.filter((shard): shard is Shard => !('reason' in shard))
  }

  find(name: string): PlacedTopic | undefined {
    return this.#byName.get(name)
  }

  /**
   * Checks the topics of entries to append, so that making them cannot fail half-way.
   * @throws STREAM_TOPIC_INVALID, STREAM_LIMIT, DATABASE_OFFLINE
   */
  assertUsable(rows: readonly { readonly topic: string }[]): void {
    let checked: string | undefined
    let newTopics = 0
    for (const { topic } of rows) {
      if ((newTopics > 0 && topic === checked) || this.#byName.has(topic)) continue
      checked = topic
      newTopics++
      validateTopicName(topic)
      if (this.shardOf(topic).nextTopicId + newTopics > TOPICS_MAX + 1)
        throw new ForgeError('STREAM_LIMIT', `a shard holds at most ${TOPICS_MAX} topics`)
    }
  }

  /** The topic of an entry to append, made if it is new; the caller checked it and writes its row with the entry. */
  findOrCreate(name: string, createdAt: number): PlacedTopic {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const shard = this.shardOf(name)
    const topic = new Topic({ id: shard.nextTopicId, name, createdAt, isStored: false })
    shard.addTopic(topic)
    const placed = { shard, topic }
    this.#byName.set(name, placed)
    return placed
  }

  /** As if the topic that was made last in its shard had never been: its commit was refused. */
  forget({ shard, topic }: PlacedTopic): void {
    this.#byName.delete(topic.name)
    shard.topics.delete(topic.id)
    shard.nextTopicId = topic.id
  }

  /** Makes a topic without entries known; the caller writes its row. */
  add(shard: Shard, topic: Topic): void {
    shard.addTopic(topic)
    this.#byName.set(topic.name, { shard, topic })
  }

  /** Takes a topic out, so that the next entry of this name begins a new one. */
  remove({ shard, topic }: PlacedTopic): void {
    this.#byName.delete(topic.name)
    shard.topics.delete(topic.id)
    shard.removedTopics.add(topic.id)
  }

  /** A topic lives where the keyed hash of its name says, for ever. @throws DATABASE_OFFLINE */
  shardOf(name: string): Shard {
    const hash = this.#store.keyedHash({ purpose: 'topic', label: 'topic', value: utf8Encode(name) })
    const shard = this.#shards[new DataView(hash.buffer, hash.byteOffset).getUint32(0) % this.#shards.length]!
    if ('reason' in shard) throw shard.reason
    return shard
  }

  /** @throws DATABASE_OFFLINE when one of the shards is offline: an answer without it would be incomplete */
  assertAllOnline(): void {
    for (const shard of this.#shards) if ('reason' in shard) throw shard.reason
  }

  /**
   * The topics that match any of the patterns, by name; all topics when there is no pattern.
   * @throws STREAM_PATTERN_INVALID, DATABASE_OFFLINE
   */
  match(patterns: readonly string[] | undefined): readonly PlacedTopic[] {
    if (patterns === undefined) {
      this.assertAllOnline()
      return this.#visible([...this.#byName.values()])
    }
    const compiled = patterns.map(compileTopicPattern)
    if (compiled.every((pattern) => pattern.exact !== undefined)) {
      for (const { exact } of compiled) this.shardOf(exact!)
      return this.#visible(
        [...new Set(compiled.map(({ exact }) => this.#byName.get(exact!)))].filter(
          (placed) => placed !== undefined,
        ),
      )
    }
    this.assertAllOnline()
    return this.#visible(
      [...this.#byName.values()].filter(({ topic }) =>
        compiled.some((pattern) => pattern.matches(topic.name)),
      ),
    )
  }

  /** A topic whose first entries are still being written is not there yet. */
  #visible(topics: readonly PlacedTopic[]): readonly PlacedTopic[] {
    return topics
      .filter(({ topic }) => topic.isVisible)
      .sort((left, right) => (left.topic.name < right.topic.name ? -1 : 1))
  }
}
