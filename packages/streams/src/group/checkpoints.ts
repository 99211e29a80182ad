import { ByteWriter, ForgeError, isForgeError, utf8Encode } from '@forgeone/common'
import { SHARD_LOST } from '../stream/load-shards.ts'
import type { CommitContent, CommitPlace, Operation, Store } from '@forgeone/engine'
import type { Position } from '../entry/position.ts'
import { hashedKey, KEYSPACE_CHECKPOINT, keyspaceRange } from '../shard/keys.ts'
import type { TopicDirectory } from '../shard/topic-directory.ts'
import { compileTopicPattern } from '../topic/topic-pattern.ts'
import { validateTopicName } from '../topic/topic-name.ts'
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint-row.ts'
import { CHECKPOINTS_MAX } from './group-limits.ts'
import { checkedGroupText } from './group-options.ts'
import { LOG_START } from './position-order.ts'

interface StoredCheckpoint {
  readonly checkpoint: Checkpoint
  readonly key: Uint8Array
}

export interface CheckpointsOptions {
  readonly store: Store
  readonly topics: TopicDirectory
  readonly actor: string
  readonly head: () => Position | undefined
}

/** Named places in the log: a read or a group can begin at one. */
export class Checkpoints {
  readonly #options: CheckpointsOptions
  readonly #byName = new Map<string, StoredCheckpoint>()
  /** Why the checkpoints of a database cannot be used. */
  readonly #damaged = new Map<string, ForgeError>()

  private constructor(options: CheckpointsOptions) {
    this.#options = options
  }

  /** @internal Loads all checkpoints; those of a shard with a damaged row are set aside. */
  static async open(options: CheckpointsOptions): Promise<Checkpoints> {
    const checkpoints = new Checkpoints(options)
    for (const { database } of options.topics.online()) await checkpoints.#load(database)
    return checkpoints
  }

  /**
   * Names the present end of the log; a name that exists moves there. Durable when it settles.
   * @param pattern the topics a replay from here reads when it names none; all when absent
   * @throws STREAM_TOPIC_INVALID, STREAM_PATTERN_INVALID, STREAM_LIMIT, DATABASE_OFFLINE
   */
  async set(name: string, pattern: string = '>'): Promise<Checkpoint> {
    validateTopicName(name)
    compileTopicPattern(pattern)
    const { store, head } = this.#options
    const database = this.#databaseOf(name)
    let checkpoint: Checkpoint | undefined
    await this.#commit('set', name, (sequence, time) => {
      const stored = this.#byName.get(name)
      if (stored === undefined && this.#byName.size >= CHECKPOINTS_MAX)
        throw new ForgeError('STREAM_LIMIT', `a stream takes at most ${CHECKPOINTS_MAX} checkpoints`)
      checkpoint = { name, pattern, position: head() ?? LOG_START, timestamp: time }
      // A key of its own each time: one that is moved often would be overwritten at a rate (hazard H12).
      const hash = store.keyedHash({ purpose: 'blind', label: 'checkpoint', value: utf8Encode(name) })
      const key = hashedKey(KEYSPACE_CHECKPOINT, hash, new ByteWriter(8).u64(sequence).finish())
      this.#byName.set(name, { checkpoint, key })
      const put: Operation = { type: 'put', database, key, value: encodeCheckpoint(checkpoint) }
      return stored === undefined ? [put] : [{ type: 'delete', database, key: stored.key }, put]
    })
    return checkpoint!
  }

  get(name: string): Checkpoint | undefined {
    return this.#byName.get(checkedGroupText(name, 'the name of a checkpoint'))?.checkpoint
  }

  /** @throws STREAM_CHECKPOINT_UNKNOWN */
  require(name: string): Checkpoint {
    checkedGroupText(name, 'the name of a checkpoint')
    this.#databaseOf(name)
    const checkpoint = this.get(name)
    if (checkpoint === undefined) throw unknown(name)
    return checkpoint
  }

  /** All checkpoints, by name. */
  list(): readonly Checkpoint[] {
    return [...this.#byName.values()]
      .map(({ checkpoint }) => checkpoint)
      .sort((left, right) => (left.name < right.name ? -1 : 1))
  }

  /** @throws STREAM_CHECKPOINT_UNKNOWN */
  async remove(name: string): Promise<void> {
    checkedGroupText(name, 'the name of a checkpoint')
    const database = this.#databaseOf(name)
    await this.#commit('remove', name, () => {
      const stored = this.#byName.get(name)
      if (stored === undefined) throw unknown(name)
      this.#byName.delete(name)
      return [{ type: 'delete', database, key: stored.key }]
    })
  }

  async #load(database: string): Promise<void> {
    try {
      for await (const page of this.#options.store.scan(database, keyspaceRange(KEYSPACE_CHECKPOINT))) {
        for (const { key, value } of page) {
          const checkpoint = decodeCheckpoint(value)
          this.#byName.set(checkpoint.name, { checkpoint, key })
        }
      }
    } catch (cause) {
      if (!isForgeError(cause, ...SHARD_LOST)) throw cause
      this.#damaged.set(database, cause)
    }
  }

  /** A checkpoint lives in the shard that a topic of its name would. */
  #databaseOf(name: string): string {
    const { database } = this.#options.topics.shardOf(name)
    const damage = this.#damaged.get(database)
    if (damage !== undefined) throw damage
    return database
  }

  async #commit(
    verb: 'set' | 'remove',
    name: string,
    operations: (sequence: number, time: number) => readonly Operation[],
  ): Promise<void> {
    let before: { readonly stored: StoredCheckpoint | undefined } | undefined
    const facts = {
      actor: this.#options.actor,
      action: `events.checkpoint-${verb}`,
      resourceClass: 'checkpoints',
    }
    const build = ({ sequence, time }: CommitPlace): CommitContent => {
      before = { stored: this.#byName.get(name) }
      return { facts, operations: operations(sequence, time) }
    }
    const onRefused = (): void => {
      if (before === undefined) return
      if (before.stored === undefined) this.#byName.delete(name)
      else this.#byName.set(name, before.stored)
    }
    await this.#options.store.commit(build, { durability: 'sync', onRefused })
  }
}

function unknown(name: string): ForgeError {
  return new ForgeError('STREAM_CHECKPOINT_UNKNOWN', `there is no checkpoint ${JSON.stringify(name)}`)
}
