import type { Store } from '@forgeone/engine'
import { exportRaw } from './export-raw.ts'
import type { ImportInput } from '../stream/identified-source.ts'
import { APPEND_ENTRIES_MAX } from '../append/append-limits.ts'
import { contentDigest, NO_TIMESTAMP } from '../append/content-digest.ts'
import type { Receipt } from '../append/receipt.ts'
import type { LogEntry, LogInput } from '../entry/entry.ts'
import { validateLogInput } from '../entry/validate.ts'
import type { EntryProof } from '../proof/entry-proof.ts'
import type { Query } from '../query/ast.ts'
import type { TableRow } from '../query/table.ts'
import type { EntryResults } from '../read/entry-results.ts'
import type { ColdBytes } from '../compact/cold-bytes.ts'
import type { CompactionOptions, CompactionOutcome } from '../compact/compactor.ts'
import type { SearchResults } from '../read/search-results.ts'
import type { StreamVerifyReport } from '../verify/verify-stream.ts'
import { importLog, type ImportOptions, type ImportResult } from './import-log.ts'
import { logCodec } from '../read/log-codec.ts'
import { checkedAppend, checkedInput, checkedEntries, checkedLogImport } from '../stream/stream-arguments.ts'
import { StreamCore } from '../stream/stream-core.ts'
import type { AppendOptions, ReadOptions, StreamOptions, TailOptions } from '../stream/stream-options.ts'
import type { TopicMetadata } from '../stream/topic-metadata.ts'
import type { TopicOperations } from '../stream/topic-operations.ts'

/** Log entries by topic: append-only, searchable, durable when the append settles. */
export class LogStream {
  readonly #core: StreamCore<LogEntry>

  private constructor(core: StreamCore<LogEntry>) {
    this.#core = core
  }

  /** @internal Use `openLogs`. */
  static async open(store: Store, options: StreamOptions): Promise<LogStream> {
    return new LogStream(await StreamCore.open(store, { name: 'logs', codec: logCodec }, options))
  }

  /**
   * Appends one entry or several; all of a call become durable together or not at all.
   * @throws STREAM_TOPIC_INVALID, STREAM_VALUE_INVALID, STREAM_LIMIT, STREAM_VERSION_CONFLICT, STREAM_ID_EXISTS,
   *   STREAM_IDEMPOTENCY_CONFLICT, QUOTA_EXCEEDED, STORAGE_FULL, STORE_FAILED, STORE_CLOSED
   */
  async append(input: LogInput | readonly LogInput[], options: AppendOptions = {}): Promise<Receipt> {
    const { expectedVersion, idempotencyKey: key } = checkedAppend(options)
    const now = this.#core.clock.now()
    const inputs = checkedEntries(input, APPEND_ENTRIES_MAX)
    const rows = inputs.map((one) => validateLogInput(one, now))
    if (key === undefined) return await this.#core.append(rows, { expectedVersion })
    const digest = contentDigest(inputs.map((one) => validateLogInput(one, NO_TIMESTAMP)))
    return await this.#core.append(rows, { expectedVersion, idempotency: { key, digest } })
  }

  /** @returns undefined when no entry has the id */
  async get(id: string): Promise<LogEntry | undefined> {
    await this.#core.giveWay()
    return await this.#core.get(id)
  }

  async has(id: string): Promise<boolean> {
    await this.#core.giveWay()
    return (await this.#core.get(id)) !== undefined
  }

  /**
   * Shows that an entry is part of the commit of its append, whatever blocks it has moved to since; check it with
   * `verifyEntryProof`.
   * @throws STREAM_ENTRY_UNKNOWN, STREAM_PROOF_INCOMPLETE, DATABASE_OFFLINE, STREAM_BLOCK_DAMAGED
   */
  async prove(id: string): Promise<EntryProof> {
    await this.#core.giveWay()
    return await this.#core.prove(id)
  }

  /** Entries in the order they were appended. @throws STREAM_PATTERN_INVALID, STREAM_TIME_INVALID */
  read(options?: ReadOptions): EntryResults<LogEntry> {
    return this.#core.read(options)
  }

  /** Entries that match a query. @throws STREAM_QUERY_SYNTAX, STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT */
  search(query: string | Query, options?: ReadOptions): SearchResults<LogEntry> {
    return this.#core.search(query, options)
  }

  /** What the pipes of a query make of its entries. @throws STREAM_QUERY_SYNTAX, STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT */
  table(query: string | Query, options?: ReadOptions): SearchResults<TableRow> {
    return this.#core.table(query, options)
  }

  /** What is there from a place on, then what comes, until the signal aborts. */
  tail(options?: TailOptions): AsyncIterable<LogEntry> {
    return this.#core.tail(options)
  }

  topics(pattern?: string): readonly TopicMetadata[] {
    return this.#core.topics(pattern)
  }

  /**
   * Reads a log file's bytes into a topic, keeping every one of them.
   * @param input the bytes; a function that opens them anew lets a named source be told from others by what it holds
   * @throws STREAM_IMPORT_FORMAT, STREAM_SOURCE_CHANGED, and what `append` throws
   */
  async importFrom(input: ImportInput, options: ImportOptions): Promise<ImportResult> {
    return await importLog(this.#core, checkedInput(input), checkedLogImport(options))
  }

  /** The bytes of the files that were imported into a topic, in the order of import. */
  exportRaw(options: ReadOptions): AsyncGenerator<Uint8Array> {
    return exportRaw(this.read(options))
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

  /** Waits for appends under way. The store stays open. */
  async close(): Promise<void> {
    await this.#core.close()
  }
}
