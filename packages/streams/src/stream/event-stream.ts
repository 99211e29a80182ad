import type { Store } from '@forgeone/engine'
import type { Receipt } from '../append/receipt.ts'
import type { EventInput, EventMessage } from '../entry/entry.ts'
import { validateEventInput } from '../entry/validate.ts'
import type { Query } from '../query/ast.ts'
import type { EntryResults } from '../read/entry-results.ts'
import type { SearchResults } from '../read/search-results.ts'
import type { StreamVerifyReport } from '../verify/verify-stream.ts'
import { eventCodec } from './event-codec.ts'
import { importEvents, type EventImportOptions, type EventImportResult } from './import-events.ts'
import { StreamCore } from './stream-core.ts'
import type { AppendOptions, ReadOptions, StreamOptions, TailOptions } from './stream-options.ts'
import type { TopicMetadata } from './topic-metadata.ts'

/** Events by topic: append-only, replayable, durable when the append settles. */
export class EventStream {
  readonly #core: StreamCore<EventMessage>

  private constructor(core: StreamCore<EventMessage>) {
    this.#core = core
  }

  /** @internal Use `openEvents`. */
  static async open(store: Store, options: StreamOptions): Promise<EventStream> {
    return new EventStream(await StreamCore.open(store, { name: 'events', codec: eventCodec }, options))
  }

  /**
   * Appends one event or several, to any topics; all of a call become durable together or not at all.
   * @throws STREAM_TOPIC_INVALID, STREAM_VALUE_INVALID, STREAM_LIMIT, STREAM_VERSION_CONFLICT, STREAM_ID_EXISTS,
   *   QUOTA_EXCEEDED, STORAGE_FULL, STORE_FAILED, STORE_CLOSED
   */
  async append(input: EventInput | readonly EventInput[], options: AppendOptions = {}): Promise<Receipt> {
    const now = this.#core.clock.now()
    const inputs: readonly EventInput[] = isList(input) ? input : [input]
    return await this.#core.append(
      inputs.map((one) => validateEventInput(one, now)),
      options,
    )
  }

  /** @returns undefined when no event has the id */
  async get(id: string): Promise<EventMessage | undefined> {
    return this.#core.get(id)
  }

  async has(id: string): Promise<boolean> {
    return this.#core.get(id) !== undefined
  }

  /** Events in the order they were appended. @throws STREAM_PATTERN_INVALID, STREAM_TIME_INVALID */
  read(options?: ReadOptions): EntryResults<EventMessage> {
    return this.#core.read(options)
  }

  /** Events that match a query. @throws STREAM_QUERY_SYNTAX, STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT */
  search(query: string | Query, options?: ReadOptions): SearchResults<EventMessage> {
    return this.#core.search(query, options)
  }

  /** What is there from a place on, then what comes, until the signal aborts. */
  tail(options?: TailOptions): AsyncIterable<EventMessage> {
    return this.#core.tail(options)
  }

  topics(pattern?: string): readonly TopicMetadata[] {
    return this.#core.topics(pattern)
  }

  /** Reads events from JSON lines. @throws STREAM_VALUE_INVALID with `details.line`, and what `append` throws */
  async importFrom(
    chunks: AsyncIterable<Uint8Array>,
    options: EventImportOptions = {},
  ): Promise<EventImportResult> {
    return await importEvents(this.#core, chunks, options)
  }

  /** Checks every block against its index row, and the other way round. */
  async verify(onProgress?: (blocks: number) => void): Promise<StreamVerifyReport> {
    return await this.#core.verify(onProgress)
  }

  /** Waits for appends under way. The store stays open. */
  async close(): Promise<void> {
    await this.#core.close()
  }
}

function isList(input: EventInput | readonly EventInput[]): input is readonly EventInput[] {
  return Array.isArray(input)
}
