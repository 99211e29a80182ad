import { copyPlain } from '@forgeone/common'
import type { RetentionRuleEntry } from '../retain/retention-rules.ts'
import type { Retention, TopicSettings } from '../shard/topic-settings.ts'
import { checkedRetentionRun } from './stream-arguments.ts'
import type { RetentionOptions, TopicMaintenance, TopicRemoval } from './topic-maintenance.ts'
import { topicMetadata, type TopicMetadata } from './topic-metadata.ts'

/** What is done to topics as a whole. Every change is an audited commit. */
export class TopicOperations {
  readonly #maintenance: TopicMaintenance
  readonly #assertOpen: () => void

  /** @internal */
  constructor(o: { maintenance: TopicMaintenance; assertOpen: () => void }) {
    this.#maintenance = o.maintenance
    this.#assertOpen = o.assertOpen
  }

  /** Makes a topic before its first entry. @throws STREAM_TOPIC_EXISTS, STREAM_TOPIC_INVALID, STREAM_VALUE_INVALID */
  async create(name: string, settings?: TopicSettings): Promise<TopicMetadata> {
    this.#assertOpen()
    return topicMetadata(await this.#maintenance.create(name, settings))
  }

  /** @throws STREAM_TOPIC_UNKNOWN */
  describe(name: string): TopicMetadata & { readonly settings: TopicSettings; readonly blocks: number } {
    this.#assertOpen()
    const { topic } = this.#maintenance.find(name)
    return { ...topicMetadata(topic), settings: copyPlain(topic.settings), blocks: topic.parts.length }
  }

  /** Changes the settings that are named. @throws STREAM_TOPIC_UNKNOWN, STREAM_VALUE_INVALID */
  async update(name: string, settings: TopicSettings): Promise<TopicMetadata> {
    this.#assertOpen()
    return topicMetadata(await this.#maintenance.update(name, settings))
  }

  /** Removes a topic with its entries; its name begins anew. @throws STREAM_TOPIC_UNKNOWN, STREAM_HELD */
  async remove(name: string): Promise<TopicRemoval> {
    this.#assertOpen()
    return await this.#maintenance.remove(name)
  }

  /** Bounds for all topics that match a pattern, those to come included. @throws STREAM_PATTERN_INVALID, STREAM_VALUE_INVALID */
  async setRetention(pattern: string, retention: Retention): Promise<void> {
    this.#assertOpen()
    await this.#maintenance.setRule(pattern, retention)
  }

  retentionRules(): readonly RetentionRuleEntry[] {
    return this.#maintenance.rules.list()
  }

  /** @returns false when there was no such rule */
  async removeRetention(pattern: string): Promise<boolean> {
    this.#assertOpen()
    return await this.#maintenance.removeRule(pattern)
  }

  /** Removes what the bounds no longer keep; with `dryRun` only says what that is. */
  async applyRetention(options?: RetentionOptions): Promise<readonly TopicRemoval[]> {
    this.#assertOpen()
    return await this.#maintenance.applyRetention(checkedRetentionRun(options))
  }

  /**
   * Keeps the last entry of each key only; the topic's `compactBy` says where the key stands.
   * @throws STREAM_TOPIC_UNKNOWN, STREAM_HELD, STREAM_VALUE_INVALID without `compactBy`, STREAM_LIMIT
   */
  async compactKeys(name: string, options?: RetentionOptions): Promise<TopicRemoval> {
    this.#assertOpen()
    return await this.#maintenance.compactKeys(name, checkedRetentionRun(options))
  }
}
