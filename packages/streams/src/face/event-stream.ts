import type { JsonCompatible } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import type { ImportInput } from '../stream/identified-source.ts'
import { APPEND_ENTRIES_MAX } from '../append/append-limits.ts'
import { contentDigest, NO_TIMESTAMP } from '../append/content-digest.ts'
import type { Receipt } from '../append/receipt.ts'
import { exportCloudEvents } from '../cloud-events/export-cloud-events.ts'
import type { EventInput, EventMessage, EventPayload } from '../entry/entry.ts'
import { validateEventInput } from '../entry/validate.ts'
import type { EntryProof } from '../proof/entry-proof.ts'
import type { Query } from '../query/ast.ts'
import type { TableRow } from '../query/table.ts'
import type { EntryResults } from '../read/entry-results.ts'
import type { ColdBytes } from '../compact/cold-bytes.ts'
import type { CompactionOptions, CompactionOutcome } from '../compact/compactor.ts'
import type { SearchResults } from '../read/search-results.ts'
import type { StreamVerifyReport } from '../verify/verify-stream.ts'
import { validateTopicName } from '../topic/topic-name.ts'
import type { Checkpoints } from '../group/checkpoints.ts'
import { withDeliverAfter } from '../group/deliver-after.ts'
import type { EventGroups } from '../group/event-groups.ts'
import { resolveCheckpoints, type EventReadOptions, type EventTailOptions } from '../group/event-reads.ts'
import type { DeliveryHandler, SubscribeOptions } from '../group/group-options.ts'
import { openGroups } from '../group/open-groups.ts'
import type { Subscription } from '../group/subscription.ts'
import type { UpcastDefinition } from '../upcast/upcast-step.ts'
import { Upcasts } from '../upcast/upcasts.ts'
import { importEvents, type EventImportOptions, type EventImportResult } from './import-events.ts'
import {
  checkedAppend,
  checkedInput,
  checkedEntries,
  checkedEventImport,
  checkedRead,
  checkedTail,
} from '../stream/stream-arguments.ts'
import { StreamCore } from '../stream/stream-core.ts'
import type { EventAppendOptions, ReadOptions, StreamOptions } from '../stream/stream-options.ts'
import { EventTopic } from '../typed/event-topic.ts'
import type { StandardSchema } from '../typed/standard-schema.ts'
import type { TopicMetadata } from '../stream/topic-metadata.ts'
import type { TopicOperations } from '../stream/topic-operations.ts'

/** An event whose payload JSON can express, or bytes. */
export type StorableEvent<Payload> = EventInput<
  Payload & (Payload extends Uint8Array ? Payload : JsonCompatible<Payload>)
>

/** Events by topic: append-only, replayable, durable when the append settles. */
export class EventStream {
  /** The consumer groups. */
  readonly groups: EventGroups
  /** Named places to replay from. */
  readonly checkpoints: Checkpoints
  readonly #core: StreamCore<EventMessage>
  readonly #upcasts: Upcasts

  private constructor(o: {
    readonly core: StreamCore<EventMessage>
    readonly upcasts: Upcasts
    readonly groups: EventGroups
    readonly checkpoints: Checkpoints
  }) {
    this.#core = o.core
    this.#upcasts = o.upcasts
    this.groups = o.groups
    this.checkpoints = o.checkpoints
  }

  /** @internal Use `openEvents`. */
  static async open(store: Store, options: StreamOptions): Promise<EventStream> {
    const upcasts = new Upcasts()
    const core = await StreamCore.open(store, { name: 'events', codec: upcasts.codec }, options)
    return new EventStream({ core, upcasts, ...(await openGroups(core, options)) })
  }

  /**
   * Appends one event or several, to any topics; all of a call become durable together or not at all.
   * @throws STREAM_TOPIC_INVALID, STREAM_VALUE_INVALID, STREAM_LIMIT, STREAM_VERSION_CONFLICT, STREAM_ID_EXISTS,
   *   STREAM_IDEMPOTENCY_CONFLICT, QUOTA_EXCEEDED, STORAGE_FULL, STORE_FAILED, STORE_CLOSED
   */
  async append<Payload>(
    input: StorableEvent<Payload> | readonly StorableEvent<Payload>[],
    options: EventAppendOptions = {},
  ): Promise<Receipt> {
    const {
      deliverAfterMs,
      expectedVersion,
      idempotencyKey: key,
    } = checkedAppend(options, ['deliverAfterMs'])
    const now = this.#core.clock.now()
    // What the type cannot say of a payload, validation does.
    const inputs = checkedEntries(input as EventInput | readonly EventInput[], APPEND_ENTRIES_MAX)
    const rows = inputs.map((one) => {
      const row = validateEventInput(one, now)
      // The gate takes topics of ours that exist.
      if (row.topic.startsWith('$')) validateTopicName(row.topic)
      if (deliverAfterMs === undefined) return row
      return validateEventInput(withDeliverAfter(one, deliverAfterMs, now), now)
    })
    if (key === undefined) return await this.#core.append(rows, { expectedVersion })
    const given = inputs.map((one) => validateEventInput(one, NO_TIMESTAMP))
    const digest = contentDigest(given, deliverAfterMs)
    return await this.#core.append(rows, { expectedVersion, idempotency: { key, digest } })
  }

  /**
   * @typeParam Payload what the caller knows it to be: nothing checks it, here and in the other readings
   * @returns undefined when no event has the id
   */
  async get<Payload = EventPayload>(id: string): Promise<EventMessage<Payload> | undefined> {
    await this.#core.giveWay()
    return (await this.#core.get(id)) as EventMessage<Payload> | undefined
  }

  async has(id: string): Promise<boolean> {
    await this.#core.giveWay()
    return (await this.#core.get(id)) !== undefined
  }

  /**
   * Shows that an event is part of the commit of its append, whatever blocks it has moved to since; check it with
   * `verifyEntryProof`.
   * @throws STREAM_ENTRY_UNKNOWN, STREAM_PROOF_INCOMPLETE, DATABASE_OFFLINE, STREAM_BLOCK_DAMAGED
   */
  async prove(id: string): Promise<EntryProof> {
    await this.#core.giveWay()
    return await this.#core.prove(id)
  }

  /** Events in the order they were appended. @throws STREAM_PATTERN_INVALID, STREAM_TIME_INVALID */
  read<Payload = EventPayload>(options: EventReadOptions = {}): EntryResults<EventMessage<Payload>> {
    return this.#core.read(this.#resolved(options)) as EntryResults<EventMessage<Payload>>
  }

  /** Events that match a query. @throws STREAM_QUERY_SYNTAX, STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT */
  search<Payload = EventPayload>(
    query: string | Query,
    options: EventReadOptions = {},
  ): SearchResults<EventMessage<Payload>> {
    return this.#core.search(query, this.#resolved(options)) as SearchResults<EventMessage<Payload>>
  }

  /** What the pipes of a query make of its events. @throws STREAM_QUERY_SYNTAX, STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT */
  table(query: string | Query, options: EventReadOptions = {}): SearchResults<TableRow> {
    return this.#core.table(query, this.#resolved(options))
  }

  /** What is there from a place on, then what comes, until the signal aborts. */
  tail<Payload = EventPayload>(options: EventTailOptions = {}): AsyncIterable<EventMessage<Payload>> {
    const checked = resolveCheckpoints(checkedTail(options), this.checkpoints)
    return this.#core.tail(checked) as AsyncIterable<EventMessage<Payload>>
  }

  /**
   * One topic whose payloads fit a schema of any library that speaks Standard Schema 1: they are checked when they are written,
   * and again when they are read.
   * @throws STREAM_TOPIC_INVALID, STREAM_VALUE_INVALID for what is no schema
   */
  topic<Input, Output>(name: string, schema: StandardSchema<Input, Output>): EventTopic<Input, Output> {
    // By the public methods alone: to a principal `this` is what he may use.
    return new EventTopic({ events: this, name, schema })
  }

  /**
   * Takes part in a consumer group, which is created when it is new. Each event goes to one subscription of a group,
   * at least once, until it is acked. With a handler, events are acked when it returns and given back when it throws.
   * @throws STREAM_TOPIC_INVALID, STREAM_PATTERN_INVALID, STREAM_VALUE_INVALID, STREAM_LIMIT, STORE_CLOSED; what only
   *   the group can tell is thrown by the first delivery: STREAM_GROUP_UNKNOWN, STREAM_GROUP_EXISTS
   */
  subscribe(options: SubscribeOptions, handler?: DeliveryHandler): Subscription {
    return this.groups.subscribe(options, handler)
  }

  /**
   * Defines how events of one version of their schema become events of the next: applied on reading, step after step,
   * to what is stored for good as it was appended. `metadata.schemaVersion` names the version, 1 when it is absent.
   * Queries see what is stored. A step that throws makes `payload` of its event throw STREAM_UPCAST_FAILED.
   * @throws STREAM_VALUE_INVALID when steps are defined twice or leave a gap, STREAM_PATTERN_INVALID, STREAM_LIMIT
   */
  defineUpcast(definition: UpcastDefinition): void {
    this.#upcasts.define(definition)
  }

  topics(pattern?: string): readonly TopicMetadata[] {
    return this.#core.topics(pattern)
  }

  /**
   * Reads events from JSON lines or CloudEvents.
   * @param input the bytes; a function that opens them anew lets a named source be told from others by what it holds
   * @throws STREAM_VALUE_INVALID with `details.line`, which counts events of CloudEvents, STREAM_SOURCE_CHANGED, and what
   *   `append` throws
   */
  async importFrom(input: ImportInput, options: EventImportOptions = {}): Promise<EventImportResult> {
    return await importEvents(this.#core, checkedInput(input), checkedEventImport(options))
  }

  /** Events as CloudEvents 1.0: the JSON text of one each, without line ends, which an import takes back. */
  exportCloudEvents(options: EventReadOptions = {}): AsyncGenerator<string> {
    return exportCloudEvents(this.#core, this.#resolved(options))
  }

  /**
   * Rewrites all blocks that can become smaller, whatever their age; readers and writers go on meanwhile.
   * @throws STREAM_BLOCK_DAMAGED, STREAM_COMPACTION_FAILED, and what a commit throws
   */
  async compact(options?: CompactionOptions): Promise<CompactionOutcome> {
    return await this.#core.compact(options)
  }

  /** Creates, describes, changes, trims and removes topics. */
  get topicOperations(): TopicOperations {
    return this.#core.topicOperations()
  }

  /** What cold blocks take on disk, by purpose. */
  coldBytes(): ColdBytes {
    return this.#core.coldBytes()
  }

  /** Checks every block against its index row, and the other way round. */
  async verify(onProgress?: (blocks: number) => void): Promise<StreamVerifyReport> {
    return await this.#core.verify(onProgress)
  }

  #resolved(options: EventReadOptions): ReadOptions {
    return resolveCheckpoints(checkedRead(options), this.checkpoints)
  }

  /** Waits for appends and acks under way, and for handlers, a while. The store stays open. */
  async close(): Promise<void> {
    await this.groups.close()
    await this.#core.close()
  }
}
