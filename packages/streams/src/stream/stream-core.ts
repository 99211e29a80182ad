import {
  eventLoopTurn,
  ForgeError,
  KeyedTurns,
  Metrics,
  systemClock,
  type Clock,
  systemTimer,
  type Timer,
} from '@forgeone/common'
import type { Background, Operation, Store } from '@forgeone/engine'
import { AppendGate } from '../append/append-gate.ts'
import type { LandedAppend } from '../append/append-request.ts'
import { ClientIds } from '../append/client-ids.ts'
import { IdempotentAppends, type Idempotency } from '../append/idempotent-appends.ts'
import type { PlanChanges } from '../append/plan-changes.ts'
import type { Receipt } from '../append/receipt.ts'
import type { Position } from '../entry/position.ts'
import { rowBytes } from '../entry/row-bytes.ts'
import type { EntryRow } from '../entry/validate.ts'
import type { Query } from '../query/ast.ts'
import type { TableRow } from '../query/table.ts'
import { BlockEncoder } from '../compact/block-encoder.ts'
import { coldBytesOf, type ColdBytes } from '../compact/cold-bytes.ts'
import { Compactor, type CompactionOptions, type CompactionOutcome } from '../compact/compactor.ts'
import type { EntryProof } from '../proof/entry-proof.ts'
import { proveEntry } from '../proof/prove-entry.ts'
import { BlockCache } from '../read/block-cache.ts'
import { BlockReader } from '../read/block-reader.ts'
import type { EntryCodec } from '../read/entry-codec.ts'
import { EntryResults } from '../read/entry-results.ts'
import { Removals } from '../read/removals.ts'
import { RowReads, type FormOf } from '../read/row-reads.ts'
import type { ScanFigures, ScanRequest } from '../read/scan-request.ts'
import { SearchResults } from '../read/search-results.ts'
import { whenThere, type Soon } from '../read/soon.ts'
import type { Shard } from '../shard/shard.ts'
import { RetentionRules } from '../retain/retention-rules.ts'
import { TopicDirectory, type OfflineShard } from '../shard/topic-directory.ts'
import { verifyShards, type StreamVerifyReport } from '../verify/verify-stream.ts'
import { Arrivals } from './arrivals.ts'
import { ImportRuns } from './import-runs.ts'
import { EntryLookup } from './entry-lookup.ts'
import { followEntries } from './follow-entries.ts'
import { begunJob } from './begun-job.ts'
import { lastPosition, loadShards } from './load-shards.ts'
import { readQuery } from './read-query.ts'
import { prepareSearch, tableRows, type PreparedSearch } from './prepare-search.ts'
import { scanRequest, UNBOUNDED_SCAN } from './read-request.ts'
import {
  BLOCK_CACHE_BYTES_DEFAULT,
  type AppendOptions,
  type ReadOptions,
  type StreamOptions,
  type TailOptions,
} from './stream-options.ts'
import { checkedCompaction, checkedRead, checkedTail, streamCheck } from './stream-arguments.ts'
import { TopicMaintenance } from './topic-maintenance.ts'
import { TopicOperations } from './topic-operations.ts'
import { topicMetadata, type TopicMetadata } from './topic-metadata.ts'

/** Pipes after which rows are entries still; the others make a table of them. */
const ENTRY_PIPES: ReadonlySet<string> = new Set(['limit', 'fields'])

export interface StreamKind<Entry> {
  /** `logs` or `events`: names the databases and the audit actions. */
  readonly name: 'logs' | 'events'
  readonly codec: EntryCodec<Entry>
}

/** What the stream itself adds to the options of an append. */
export interface CoreAppendOptions extends Pick<AppendOptions, 'expectedVersion'> {
  readonly idempotency?: Idempotency | undefined
  /** Rows for the same commit; what it changes in memory for them it notes, to be put back when the commit is refused. */
  readonly alongside?: ((changes: PlanChanges, landed: LandedAppend) => readonly Operation[]) | undefined
  /** What `alongside` counts for in the size of the commit. */
  readonly alongsideBytes?: number | undefined
}

/** What a scan by positions asks for; times that are absent do not bound. */
export type PlacedScan = Pick<ScanRequest, 'topics' | 'after' | 'upTo' | 'levelMask' | 'limit'> &
  Partial<Pick<ScanRequest, 'timeFrom'>>

/** What logs and events share: append, read, search, tail and topics over the shards of one store. */
export class StreamCore<Entry> {
  readonly store: Store
  readonly clock: Clock
  readonly metrics: Metrics
  readonly timer: Timer
  /** Imports of the same sources, of one topic and name, take turns. */
  readonly importTurns: KeyedTurns = new KeyedTurns()
  readonly importRuns: ImportRuns = new ImportRuns()
  readonly #kind: StreamKind<Entry>
  readonly #shards: readonly (Shard | OfflineShard)[]
  readonly #topics: TopicDirectory
  readonly #clientIds: ClientIds
  readonly #gate: AppendGate
  readonly #reader: BlockReader
  /** Tells what was removed while somebody held a copy. */
  readonly removals: Removals
  readonly #reads: RowReads
  readonly #lookup: EntryLookup
  readonly #idempotent: IdempotentAppends
  readonly #compactor: Compactor
  /** Creates, changes, removes and trims topics. */
  readonly maintenance: TopicMaintenance
  readonly #arrivals = new Arrivals()
  #background: Background | undefined
  #closed = false

  // oxlint-disable-next-line max-lines-per-function -- it puts the parts together, and does nothing else
  private constructor(o: {
    store: Store
    kind: StreamKind<Entry>
    options: StreamOptions
    shards: readonly (Shard | OfflineShard)[]
  }) {
    const { store, kind, options, shards } = o
    this.store = store
    this.clock = options.clock ?? systemClock
    this.metrics = options.metrics ?? new Metrics()
    this.timer = options.timer ?? systemTimer
    this.#kind = kind
    this.#shards = shards
    this.#topics = new TopicDirectory(store, shards)
    this.#clientIds = new ClientIds({
      store,
      topics: () => this.#topics,
      isOwnId: (id) => whenThere(this.#lookup.findOwn(id), (own) => own !== undefined),
    })
    this.#reader = new BlockReader(
      store,
      options.cache ?? new BlockCache(options.cacheBytes ?? BLOCK_CACHE_BYTES_DEFAULT),
    )
    this.removals = new Removals(this.#reader)
    this.#reads = new RowReads({ reader: this.#reader, removals: this.removals })
    this.#lookup = new EntryLookup({ shards, reader: this.#reader, clientIds: () => this.#clientIds })
    const shared = {
      store,
      topics: this.#topics,
      facility: kind.name,
      actor: options.actor ?? 'app',
      metrics: this.metrics,
    }
    this.#gate = new AppendGate({
      ...shared,
      clientIds: this.#clientIds,
      onPublished: () => {
        this.#compactor.onAppend()
        this.#arrivals.announce()
      },
    })
    this.#idempotent = new IdempotentAppends({
      ...shared,
      clock: this.clock,
      append: async (request) => await this.#gate.append(request),
    })
    this.#compactor = new Compactor({
      store,
      reader: this.#reader,
      encoder: new BlockEncoder(this.timer),
      metrics: this.metrics,
      facility: kind.name,
      clock: this.clock,
      timer: this.timer,
      shards: () => this.#topics.online(),
    })
    if (options.compaction !== 'manual') this.#background = begunJob(this.#compactor.job, options, this)
    this.maintenance = new TopicMaintenance({
      store,
      facility: kind.name,
      directory: this.#topics,
      clientIds: this.#clientIds,
      compactor: this.#compactor,
      rules: new RetentionRules(store, `${kind.name}_shard_0`),
      removals: this.removals,
      clock: this.clock,
    })
    this.metrics.gauge(`${kind.name}_cached_bytes`, () => this.#reader.cachedBytes)
  }

  /** Loads the directory of every shard; one that is offline or damaged is set aside, the others serve. */
  static async open<Entry>(
    store: Store,
    kind: StreamKind<Entry>,
    options: StreamOptions,
  ): Promise<StreamCore<Entry>> {
    const shards = await loadShards(store, { name: kind.name, count: options.shardCount })
    const core = new StreamCore({ store, kind, options, shards })
    if (!('reason' in shards[0]!)) await core.maintenance.rules.load()
    await core.#idempotent.load()
    return core
  }

  get topicDirectory(): TopicDirectory {
    return this.#topics
  }

  get codec(): EntryCodec<Entry> {
    return this.#kind.codec
  }

  async append(rows: readonly EntryRow[], options: CoreAppendOptions = {}): Promise<Receipt> {
    this.#assertOpen()
    if (rows.length === 0) throw new ForgeError('STREAM_VALUE_INVALID', 'an append needs at least one entry')
    let bytes = options.alongsideBytes ?? 0
    for (const row of rows) bytes += rowBytes(row)
    const { expectedVersion, alongside, idempotency } = options
    const request = {
      rows,
      bytes,
      expectedVersion,
      alongside:
        alongside &&
        ((landed: LandedAppend, changes: PlanChanges): readonly Operation[] => alongside(changes, landed)),
    }
    if (idempotency === undefined) return await this.#gate.append(request)
    return await this.#idempotent.append(request, idempotency)
  }

  /** Reads are answered at once: a loop of them would let nothing else have its turn. */
  async giveWay(): Promise<void> {
    await eventLoopTurn.giveWay()
  }

  /** @returns undefined when no entry has the id */
  get(id: string): Soon<Entry | undefined> {
    this.#assertOpen()
    streamCheck.text(id, 'id')
    return whenThere(this.#lookup.find(id), (found) =>
      found === undefined ? undefined : this.#kind.codec.decode(found, found.id),
    )
  }

  /** @throws STREAM_ENTRY_UNKNOWN, STREAM_PROOF_INCOMPLETE, DATABASE_OFFLINE, STREAM_BLOCK_DAMAGED */
  async prove(id: string): Promise<EntryProof> {
    this.#assertOpen()
    streamCheck.text(id, 'id')
    const found = await this.#lookup.find(id)
    if (found === undefined) throw new ForgeError('STREAM_ENTRY_UNKNOWN', `no entry has the id ${id}`)
    // Any shard may have a run of the commit.
    this.#topics.assertAllOnline()
    return await proveEntry(found, { shards: this.#topics.online(), reader: this.#reader })
  }

  read(options: ReadOptions = {}): EntryResults<Entry> {
    const checked = checkedRead(options)
    return new EntryResults(this.#results(() => this.#request(checked)))
  }

  /** @throws STREAM_QUERY_SYNTAX, STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT */
  search(query: string | Query, given: ReadOptions = {}): SearchResults<Entry> {
    const options = checkedRead(given)
    const parsed = readQuery(query)
    const other = parsed.pipes.find((pipe) => !ENTRY_PIPES.has(pipe.kind))
    if (other !== undefined) {
      throw new ForgeError('STREAM_QUERY_SYNTAX', `the pipe "${other.kind}" makes a table; use \`table\``, {
        details: { offset: 0 },
      })
    }
    const limits = parsed.pipes.flatMap((pipe) => (pipe.kind === 'limit' ? [pipe.count] : []))
    const limit = Math.min(options.limit ?? Number.POSITIVE_INFINITY, ...limits)
    const search = this.#prepareSearch(parsed, { ...options, limit })
    const { request, figures, explain } = search
    return new SearchResults({ ...this.#results(request, figures), explain })
  }

  /**
   * What the pipes of a query make of the entries found: a row for each entry, group or step of time.
   * @throws STREAM_QUERY_SYNTAX, STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT
   */
  table(query: string | Query, given: ReadOptions = {}): SearchResults<TableRow> {
    const options = checkedRead(given)
    const parsed = readQuery(query)
    const search = this.#prepareSearch(parsed, options)
    const context = { search, reads: this.#reads, rows: this.#kind.codec.rows }
    return new SearchResults({ batches: () => tableRows(parsed, context), explain: search.explain })
  }

  #prepareSearch(query: Query, options: ReadOptions): PreparedSearch {
    const { clock } = this
    const context = { topics: this.#topics, clock, rows: this.#kind.codec.rows }
    return prepareSearch(query, { ...context, base: this.#request(options) })
  }

  /** Everything from a place on, then what is appended later, without gap or repetition, until aborted. */
  tail(options: TailOptions = {}): AsyncGenerator<Entry> {
    this.#assertOpen()
    // The present end is that of the call, not that of the first read.
    const checked = checkedTail(options)
    return followEntries(checked, checked.from === undefined ? this.head() : undefined, {
      arrivals: this.#arrivals,
      isClosed: () => this.#closed,
      head: () => this.head(),
      request: (bounds) => this.#request(bounds),
      each: (request) => this.#reads.each(request, this.#decode),
    })
  }

  /** Topics with entries, by name. @throws STREAM_PATTERN_INVALID, DATABASE_OFFLINE */
  topics(pattern?: string): readonly TopicMetadata[] {
    return this.#topics
      .match(pattern === undefined ? undefined : [pattern])
      .map(({ topic }) => topicMetadata(topic))
  }

  /** Rewrites all blocks that can become smaller. @throws STREAM_BLOCK_DAMAGED, STREAM_COMPACTION_FAILED */
  async compact(options?: CompactionOptions): Promise<CompactionOutcome> {
    this.#assertOpen()
    return await this.#compactor.compactAll(checkedCompaction(options))
  }

  topicOperations(): TopicOperations {
    const assertOpen = (): void => this.#assertOpen()
    return new TopicOperations({ maintenance: this.maintenance, assertOpen })
  }

  coldBytes(): ColdBytes {
    return coldBytesOf(this.#topics.online())
  }

  /** Shards that cannot be read now, and why. */
  offlineShards(): readonly OfflineShard[] {
    return this.#shards.filter((shard): shard is OfflineShard => 'reason' in shard)
  }

  /** The last entry that readers see. */
  head(): Position | undefined {
    return lastPosition(this.#topics.online())
  }

  /** Calls `listener` whenever entries became visible, and once more on close. @returns a function that ends it */
  watch(listener: () => void): () => void {
    return this.#arrivals.watch(listener)
  }

  /** Entries in another form than the stream's own. */
  readAs<Form>(options: ReadOptions, formOf: FormOf<Form>): AsyncGenerator<Form> {
    return this.#reads.each(() => this.#request(options), formOf)
  }

  /** Entries of topics between two positions, in another form than the stream's own. */
  async *scan<Form>(o: PlacedScan, formOf: FormOf<Form>): AsyncGenerator<readonly Form[]> {
    this.#assertOpen()
    yield* this.#reads.batches({ ...UNBOUNDED_SCAN, ...o }, formOf)
  }

  /** Whether an entry that was read before is in the log still. */
  isThere({ shard: number, sequence }: Position): Soon<boolean> {
    const shard = this.#shards[number]
    if (shard === undefined || 'reason' in shard) return false
    return this.removals.isThere(shard, sequence)
  }

  async verify(onProgress?: (blocks: number) => void): Promise<StreamVerifyReport> {
    return await verifyShards({
      store: this.store,
      name: this.#kind.name,
      shards: this.#shards,
      reader: this.#reader,
      clientIds: this.#clientIds,
      onProgress,
    })
  }

  /** Waits for appends under way; later ones are refused. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#gate.drain()
    await this.#idempotent.close()
    await this.#background?.close()
    await this.#compactor.close()
    this.#arrivals.announce()
  }

  #assertOpen(): void {
    if (this.#closed) throw new ForgeError('STORE_CLOSED', 'the store is closed')
  }

  #request(options: ReadOptions): ScanRequest {
    this.#assertOpen()
    return scanRequest(options, { topics: this.#topics, now: this.clock.now() })
  }

  readonly #decode: FormOf<Entry> = (found, id) => this.#kind.codec.decode(found, id)

  #results(
    request: () => ScanRequest,
    figures?: ScanFigures,
  ): {
    readonly batches: () => AsyncGenerator<readonly Entry[]>
    readonly each: () => AsyncGenerator<Entry>
  } {
    return {
      batches: () => this.#reads.batches(request(), this.#decode, figures),
      each: () => this.#reads.each(request, this.#decode, figures),
    }
  }
}
