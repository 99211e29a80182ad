import { assert, ForgeError, isForgeError } from '@forgeone/common'
import { SHARD_LOST } from '../stream/load-shards.ts'
import type { Operation } from '@forgeone/engine'
import { KEYSPACE_GROUP_STATE, KEYSPACE_WAITING } from '../shard/keys.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { GroupCommits } from './group-commits.ts'
import { encodeGroupDefinition, type GroupDefinition } from './group-definition.ts'
import type { GroupHost } from './group-host.ts'
import { numberedRange } from './group-keys.ts'
import { GroupLedger, type StoredLedger } from './group-ledger.ts'
import { DELETES_MAX, GROUPS_MAX } from './group-limits.ts'
import { checkedStart, type CheckedGroupOptions } from './group-options.ts'
import { lanesOf } from './group-reader.ts'
import { groupKey, loadGroups } from './group-storage.ts'
import { GroupTopics } from './group-topics.ts'
import type { Lease } from './lease.ts'
import { Settlement } from './settlement.ts'
import { startPosition } from './start-position.ts'

/** All groups of a stream, and the rows that define them. */
export class GroupRegistry {
  readonly commits: GroupCommits
  readonly #host: GroupHost
  readonly #groups = new Map<string, ConsumerGroup>()
  /** Groups that are being created, for those who want the same one. */
  readonly #creating = new Map<string, Promise<ConsumerGroup>>()
  /** Why the groups of a database cannot be used. */
  readonly #damaged = new Map<string, ForgeError>()

  private constructor(host: GroupHost) {
    this.#host = host
    this.commits = new GroupCommits(host)
  }

  /** Loads every group; those of a shard with a damaged row are set aside, the others serve. */
  static async open(host: GroupHost): Promise<GroupRegistry> {
    const registry = new GroupRegistry(host)
    for (const shard of host.topics.online()) {
      try {
        const { groups, orphans } = await loadGroups(host.store, shard, host.clock)
        for (const { definition, ledger, leases } of groups)
          registry.#add(definition, { database: shard.database, stored: ledger, leases })
        await registry.#deleteKeys(shard.database, orphans)
      } catch (cause) {
        if (!isForgeError(cause, ...SHARD_LOST)) throw cause
        registry.#damaged.set(shard.database, cause)
      }
    }
    return registry
  }

  /** Has every group look for work. */
  wake(): void {
    for (const group of this.#groups.values()) group.wake()
  }

  /** Has every group let go of what was removed. */
  async forgetRemoved(): Promise<void> {
    await Promise.all([...this.#groups.values()].map(async (group) => await group.forgetRemoved()))
  }

  /** All groups that can be used, by name. */
  all(): readonly ConsumerGroup[] {
    return [...this.#groups.values()].sort((left, right) =>
      left.definition.name < right.definition.name ? -1 : 1,
    )
  }

  /** @throws DATABASE_OFFLINE, STREAM_BLOCK_DAMAGED, RECORD_TAMPERED when its shard is set aside */
  find(name: string): ConsumerGroup | undefined {
    this.#databaseOf(name)
    return this.#groups.get(name)
  }

  /** @throws STREAM_GROUP_UNKNOWN, and what `find` throws */
  require(name: string): ConsumerGroup {
    const group = this.find(name)
    if (group === undefined) throw unknownGroup(name)
    return group
  }

  /** The group of a name, created when there is none. */
  async findOrCreate(name: string, options: () => CheckedGroupOptions): Promise<ConsumerGroup> {
    const known = this.find(name) ?? this.#creating.get(name)
    // Nothing is awaited between the look and the creation, so two callers cannot both create it.
    return await (known ?? this.create(name, options()))
  }

  /** @throws STREAM_GROUP_EXISTS, STREAM_LIMIT, and what a start may throw */
  async create(name: string, options: CheckedGroupOptions): Promise<ConsumerGroup> {
    if (this.find(name) !== undefined || this.#creating.has(name))
      throw new ForgeError('STREAM_GROUP_EXISTS', `the group ${JSON.stringify(name)} exists`)
    if (this.#groups.size + this.#creating.size >= GROUPS_MAX)
      throw new ForgeError('STREAM_LIMIT', `a stream takes at most ${GROUPS_MAX} groups`)
    const creating = this.#create(name, options)
    this.#creating.set(name, creating)
    try {
      return await creating
    } finally {
      this.#creating.delete(name)
    }
  }

  /** Stops or resumes a group. Durable when it settles. */
  async setPaused(name: string, paused: boolean): Promise<void> {
    const { store } = this.#host
    const group = this.require(name)
    const database = this.#databaseOf(name)
    await this.#commit(paused ? 'pause' : 'resume', () => {
      group.redefine({ ...group.definition, paused })
      const value = encodeGroupDefinition(group.definition)
      return [{ type: 'put', database, key: groupKey(store, name), value }]
    })
  }

  /** Forgets a group and all its progress; its consumers end with STREAM_GROUP_UNKNOWN. */
  async remove(name: string): Promise<void> {
    const { store } = this.#host
    const group = this.require(name)
    const database = this.#databaseOf(name)
    this.#groups.delete(name)
    group.abandon(unknownGroup(name))
    await this.#commit('remove', () => [{ type: 'delete', database, key: groupKey(store, name) }])
    // Without a definition its rows mean nothing, so it does not matter when they go.
    for (const keyspace of [KEYSPACE_GROUP_STATE, KEYSPACE_WAITING] as const) {
      const keys: Uint8Array[] = []
      const range = numberedRange(keyspace, group.definition.id)
      for await (const page of store.scan(database, range, { keysOnly: true }))
        for (const { key } of page) keys.push(key)
      await this.#deleteKeys(database, keys)
    }
  }

  /** Ends all groups and waits for what is being written. */
  async close(): Promise<void> {
    await Promise.all([...this.#groups.values()].map(async (group) => await group.close()))
    await this.commits.drain()
  }

  async #create(name: string, options: CheckedGroupOptions): Promise<ConsumerGroup> {
    const { store, clock, checkpoints, source, topics: directory, firstSince } = this.#host
    const { topics, from, ...others } = options
    const groupTopics = new GroupTopics(directory, topics)
    groupTopics.assertReadable()
    const head = (): ReturnType<typeof source.head> => source.head()
    const cursor = await startPosition(checkedStart(from), {
      clock,
      checkpoints,
      topics: groupTopics,
      head,
      firstSince,
    })
    const database = this.#databaseOf(name)
    const cursors = lanesOf(others.order).map(() => cursor)
    const stored = {
      cursors,
      outstanding: [],
      waitingFrom: 1,
      waiting: [],
      stateNumbers: [],
      voidNumbers: [],
    }
    let group: ConsumerGroup | undefined
    await this.#commit('create', ({ sequence, time }) => {
      const definition = { ...others, id: sequence, name, topics, paused: false, createdAt: time }
      group = this.#newGroup(definition, { database, stored, leases: [] })
      const value = encodeGroupDefinition(definition)
      return [{ type: 'put', database, key: groupKey(store, name), value }, ...group.ledger.operations()]
    })
    assert(group !== undefined, 'a commit that settled was built')
    this.#groups.set(name, group)
    return group
  }

  #add(
    definition: GroupDefinition,
    o: { readonly database: string; readonly stored: StoredLedger; readonly leases: readonly Lease[] },
  ): void {
    this.#groups.set(definition.name, this.#newGroup(definition, o))
  }

  #newGroup(
    definition: GroupDefinition,
    o: { readonly database: string; readonly stored: StoredLedger; readonly leases: readonly Lease[] },
  ): ConsumerGroup {
    const { store, source, clock, timer, metrics, append, topics: directory } = this.#host
    const { commits } = this
    const ledger = new GroupLedger({ database: o.database, groupId: definition.id, stored: o.stored })
    return new ConsumerGroup({
      definition,
      source,
      topics: new GroupTopics(directory, definition.topics),
      ledger,
      commits,
      clock,
      waiting: o.leases,
      settlement: (onWork) =>
        new Settlement({
          group: definition.name,
          checkInStore: (operations) => store.checkOperations(operations),
          ledger,
          source,
          commits,
          append,
          clock,
          timer,
          metrics,
          onWork,
        }),
    })
  }

  /** A group lives in the shard that a topic of its name would. */
  #databaseOf(name: string): string {
    const { database } = this.#host.topics.shardOf(name)
    const damage = this.#damaged.get(database)
    if (damage !== undefined) throw damage
    return database
  }

  async #deleteKeys(database: string, keys: readonly Uint8Array[]): Promise<void> {
    // One after the other: their number is not bounded by what a commit takes.
    for (let start = 0; start < keys.length; start += DELETES_MAX) {
      const operations = keys
        .slice(start, start + DELETES_MAX)
        .map((key): Operation => ({ type: 'delete', database, key }))
      await this.#commit('clean', () => operations)
    }
  }

  async #commit(
    verb: 'create' | 'pause' | 'resume' | 'remove' | 'clean',
    operations: (place: { readonly sequence: number; readonly time: number }) => readonly Operation[],
  ): Promise<void> {
    const facts = { actor: this.#host.actor, action: `events.group-${verb}`, resourceClass: 'groups' }
    await this.#host.store.commit((place) => ({ facts, operations: operations(place) }), {
      durability: 'sync',
      privileged: verb !== 'create',
    })
  }
}

function unknownGroup(name: string): ForgeError {
  return new ForgeError('STREAM_GROUP_UNKNOWN', `there is no group ${JSON.stringify(name)}`)
}
