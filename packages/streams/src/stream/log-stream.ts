import type { Store } from '@forgeone/engine'
import type { Receipt } from '../append/receipt.ts'
import type { LogEntry, LogInput } from '../entry/entry.ts'
import { validateLogInput } from '../entry/validate.ts'
import type { Query } from '../query/ast.ts'
import type { EntryResults } from '../read/entry-results.ts'
import type { SearchResults } from '../read/search-results.ts'
import type { StreamVerifyReport } from '../verify/verify-stream.ts'
import { importLog, rawLine, type ImportOptions, type ImportResult } from './import-log.ts'
import { logCodec } from './log-codec.ts'
import { StreamCore } from './stream-core.ts'
import type { AppendOptions, ReadOptions, StreamOptions, TailOptions } from './stream-options.ts'
import type { TopicMetadata } from './topic-metadata.ts'

/** Raw bytes are handed over in pieces of about this size. */
const EXPORT_CHUNK_BYTES = 64 * 1024

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
   *   QUOTA_EXCEEDED, STORAGE_FULL, STORE_FAILED, STORE_CLOSED
   */
  async append(input: LogInput | readonly LogInput[], options: AppendOptions = {}): Promise<Receipt> {
    const now = this.#core.clock.now()
    const inputs: readonly LogInput[] = isList(input) ? input : [input]
    return await this.#core.append(
      inputs.map((one) => validateLogInput(one, now)),
      options,
    )
  }

  /** @returns undefined when no entry has the id */
  async get(id: string): Promise<LogEntry | undefined> {
    return this.#core.get(id)
  }

  async has(id: string): Promise<boolean> {
    return this.#core.get(id) !== undefined
  }

  /** Entries in the order they were appended. @throws STREAM_PATTERN_INVALID, STREAM_TIME_INVALID */
  read(options?: ReadOptions): EntryResults<LogEntry> {
    return this.#core.read(options)
  }

  /** Entries that match a query. @throws STREAM_QUERY_SYNTAX, STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT */
  search(query: string | Query, options?: ReadOptions): SearchResults<LogEntry> {
    return this.#core.search(query, options)
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
   * @throws STREAM_IMPORT_FORMAT, and what `append` throws
   */
  async importFrom(chunks: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<ImportResult> {
    return await importLog(this.#core, chunks, options)
  }

  /** The bytes of the files that were imported into a topic, in the order of import. */
  async *exportRaw(options: ReadOptions): AsyncGenerator<Uint8Array> {
    let lines: Uint8Array[] = []
    let bytes = 0
    for await (const batch of this.read(options).batches()) {
      for (const entry of batch) {
        const line = rawLine(entry)
        lines.push(line)
        bytes += line.length
      }
      if (bytes < EXPORT_CHUNK_BYTES) continue
      yield Buffer.concat(lines)
      lines = []
      bytes = 0
    }
    if (bytes > 0) yield Buffer.concat(lines)
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

function isList(input: LogInput | readonly LogInput[]): input is readonly LogInput[] {
  return Array.isArray(input)
}
