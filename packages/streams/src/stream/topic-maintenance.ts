import { ArgumentCheck, copyPlain, ForgeError, readArgument, type Clock } from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import type { ClientIds } from '../append/client-ids.ts'
import type { Compactor } from '../compact/compactor.ts'
import { keyCompactionRule } from '../retain/key-compaction.ts'
import type { Removals } from '../read/removals.ts'
import { measureRemoval, removeEntries, type RemovalRule } from '../retain/removal.ts'
import { retentionRule } from '../retain/retention.ts'
import { RetentionRules } from '../retain/retention-rules.ts'
import { topicKey } from '../shard/keys.ts'
import type { Shard } from '../shard/shard.ts'
import { Topic } from '../shard/topic.ts'
import type { PlacedTopic, TopicDirectory } from '../shard/topic-directory.ts'
import { encodeTopicRow, type TopicRow } from '../shard/topic-row.ts'
import { type Retention, checkTopicSettings, type TopicSettings } from '../shard/topic-settings.ts'

const topicCheck = new ArgumentCheck('STREAM_VALUE_INVALID')

/** What went, or would go, of one topic. */
export interface TopicRemoval {
  readonly topic: string
  readonly count: number
  readonly rawBytes: number
}

export interface RetentionOptions {
  /** Only say what would go. */
  readonly dryRun?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface TopicMaintenanceOptions {
  readonly store: Store
  readonly facility: string
  readonly directory: TopicDirectory
  readonly clientIds: ClientIds
  readonly compactor: Compactor
  readonly rules: RetentionRules
  readonly clock: Clock
  readonly removals: Removals
}

/** Creates, changes, removes and trims topics. */
export class TopicMaintenance {
  readonly #options: TopicMaintenanceOptions

  constructor(options: TopicMaintenanceOptions) {
    this.#options = options
  }

  get rules(): RetentionRules {
    return this.#options.rules
  }

  /** @throws STREAM_TOPIC_EXISTS, STREAM_TOPIC_INVALID, STREAM_VALUE_INVALID, STREAM_LIMIT */
  async create(name: string, settings: TopicSettings = {}): Promise<Topic> {
    const { directory } = this.#options
    const checked = checkTopicSettings(settings)
    directory.assertUsable([{ topic: name }])
    if (directory.find(name) !== undefined)
      throw new ForgeError('STREAM_TOPIC_EXISTS', `there is already a topic ${name}`)
    const shard = directory.shardOf(name)
    let topic: Topic | undefined
    let undo: (() => void) | undefined
    await this.#commit(
      'create-topic',
      (time) => {
        if (directory.find(name) !== undefined)
          throw new ForgeError('STREAM_TOPIC_EXISTS', `there is already a topic ${name}`)
        topic = new Topic({
          id: shard.nextTopicId,
          name,
          createdAt: time,
          isStored: true,
          isDeclared: true,
          settings: checked,
        })
        directory.add(shard, topic)
        const placed = { shard, topic }
        undo = () => directory.forget(placed)
        return [putTopic(shard, topic.id, topic.row)]
      },
      () => undo?.(),
    )
    return topic!
  }

  /** Changes what is named and leaves the rest. @throws STREAM_TOPIC_UNKNOWN, STREAM_VALUE_INVALID */
  async update(name: string, settings: TopicSettings): Promise<Topic> {
    const { shard, topic } = this.find(name)
    const changes = readArgument('STREAM_VALUE_INVALID', () => copyPlain(settings))
    checkTopicSettings(changes)
    // In turn with retention: both write the topic's row, and a legal hold that is told holds from then on.
    await this.#options.compactor.alone(async () => {
      const before = { settings: topic.settings, isDeclared: topic.isDeclared }
      const build = (): readonly Operation[] => {
        this.#assertCurrent(topic)
        topic.settings = checkTopicSettings({ ...topic.settings, ...changes })
        topic.isDeclared = true
        return [putTopic(shard, topic.id, topic.row)]
      }
      await this.#commit('update-topic', build, () => Object.assign(topic, before))
    })
    return topic
  }

  /** In turn with retention, so that what is told to be kept is kept from then on. @throws as RetentionRules.set */
  async setRule(pattern: string, retention: Retention): Promise<void> {
    const { compactor, rules, facility } = this.#options
    await compactor.alone(() => rules.set(pattern, retention, facility))
  }

  /** @returns false when there was none */
  async removeRule(pattern: string): Promise<boolean> {
    const { compactor, rules, facility } = this.#options
    return await compactor.alone(() => rules.remove(pattern, facility))
  }

  /** Removes a topic with all its entries. @throws STREAM_TOPIC_UNKNOWN, STREAM_HELD */
  async remove(name: string): Promise<TopicRemoval> {
    const placed = this.find(name)
    const { shard, topic } = placed
    assertNotHeld(topic)
    const removal = { topic: name, count: topic.count, rawBytes: topic.rawBytes }
    await this.#options.compactor.alone(async () => {
      await this.#commit('remove-topic', () => {
        this.#assertCurrent(topic)
        assertNotHeld(topic)
        // Now, not when it is durable: what is appended next must begin a topic of its own.
        this.#options.directory.remove(placed)
        const row = { ...topic.row, name: '', settings: {}, removedCount: 0 }
        return [putTopic(shard, topic.id, row)]
      })
      await this.#removeFrom(shard, orphansRule(shard), 'remove-topic')
    })
    return removal
  }

  /** @throws STREAM_TOPIC_UNKNOWN */
  find(name: string): PlacedTopic {
    topicCheck.text(name, 'the topic')
    const placed = this.#options.directory.find(name)
    if (placed === undefined || !placed.topic.isVisible)
      throw new ForgeError('STREAM_TOPIC_UNKNOWN', `there is no topic ${name}`)
    return placed
  }

  /** Removes what retention no longer keeps, and gives its room back to the file system. */
  async applyRetention({ dryRun, signal }: RetentionOptions = {}): Promise<readonly TopicRemoval[]> {
    const { compactor, clock, rules } = this.#options
    return await compactor.alone(async () => {
      const removals: TopicRemoval[] = []
      for (const shard of this.#options.directory.online()) {
        const rule = await retentionRule(shard, {
          retentionOf: (topic) => rules.of(topic),
          now: clock.now(),
          context: compactor.context,
        })
        removals.push(...(await this.#removeFrom(shard, rule, 'retain', { dryRun, signal })))
      }
      return removals.sort((left, right) => (left.topic < right.topic ? -1 : 1))
    })
  }

  /** Keeps only the last entry of each key. @throws STREAM_TOPIC_UNKNOWN, STREAM_HELD, STREAM_VALUE_INVALID, STREAM_LIMIT */
  async compactKeys(name: string, { dryRun, signal }: RetentionOptions = {}): Promise<TopicRemoval> {
    const { shard, topic } = this.find(name)
    assertNotHeld(topic)
    const pointer = topic.settings.compactBy
    if (pointer === undefined)
      throw new ForgeError('STREAM_VALUE_INVALID', `the topic ${name} has no compactBy`, {
        hint: 'Set it first: a JSON pointer into { payload, metadata }, such as /payload/id.',
      })
    const { compactor, clock } = this.#options
    return await compactor.alone(async () => {
      this.#assertCurrent(topic)
      assertNotHeld(topic)
      const { context } = compactor
      const rule = await keyCompactionRule(shard, topic, { pointer, now: clock.now(), context, signal })
      const removals = await this.#removeFrom(shard, rule, 'compact-keys', { dryRun, signal })
      return removals[0] ?? { topic: name, count: 0, rawBytes: 0 }
    })
  }

  /** Somebody else may have removed it while this waited for its turn, and entries may have begun it anew. */
  #assertCurrent(topic: Topic): void {
    if (this.#options.directory.find(topic.name)?.topic !== topic)
      throw new ForgeError('STREAM_TOPIC_UNKNOWN', `there is no topic ${topic.name} any more`)
  }

  async #removeFrom(
    shard: Shard,
    rule: RemovalRule,
    action: string,
    { dryRun, signal }: RetentionOptions = {},
  ): Promise<readonly TopicRemoval[]> {
    const { compactor, clientIds } = this.#options
    const request = {
      shard,
      rule,
      action,
      signal,
      deleteClientIds: (ids: readonly string[]) => clientIds.deleteOperations(ids),
    }
    const amounts =
      dryRun === true
        ? await measureRemoval(request, compactor.context)
        : await removeEntries(request, compactor.context).finally(() => this.#options.removals.note())
    return [...amounts].flatMap(([topicId, amount]) => {
      const topic = shard.topics.get(topicId)
      return topic === undefined ? [] : [{ topic: topic.name, ...amount }]
    })
  }

  async #commit(
    action: string,
    build: (time: number) => readonly Operation[],
    onRefused: () => void = () => undefined,
  ): Promise<void> {
    const { store, facility } = this.#options
    await store.commit(
      (place) => ({
        facts: { actor: 'app', action: `${facility}.${action}`, resourceClass: facility },
        operations: build(place.time),
      }),
      { privileged: true, onRefused },
    )
  }
}

/** Entries of topics that are no more. */
function orphansRule(shard: Shard): RemovalRule {
  return {
    affects: (_, run) => (shard.topics.has(run.topicId) ? 'none' : 'all'),
    keeps: (topicId) => shard.topics.has(topicId),
  }
}

function putTopic(shard: Shard, topicId: number, row: TopicRow): Operation {
  return { type: 'put', database: shard.database, key: topicKey(topicId), value: encodeTopicRow(row) }
}

function assertNotHeld(topic: Topic): void {
  if (topic.settings.legalHold === true)
    throw new ForgeError('STREAM_HELD', `the topic ${topic.name} is under legal hold`)
}
