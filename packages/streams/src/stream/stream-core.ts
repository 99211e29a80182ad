import { ForgeError, isForgeError, Metrics, systemClock, type Clock } from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import { AppendGate } from '../append/append-gate.ts'
import { ClientIds } from '../append/client-ids.ts'
import type { Receipt } from '../append/receipt.ts'
import { entryId, entryIdPrefix, parseEntryId } from '../entry/entry-id.ts'
import { parsePosition, type Position } from '../entry/position.ts'
import { rowBytes } from '../entry/row-bytes.ts'
import type { EntryRow } from '../entry/validate.ts'
import { compileFilter } from '../query/matcher.ts'
import { parseQuery } from '../query/parser.ts'
import { planQuery } from '../query/plan.ts'
import type { Query } from '../query/ast.ts'
import { BlockCache } from '../read/block-cache.ts'
import { BlockReader } from '../read/block-reader.ts'
import type { EntryCodec } from '../read/entry-codec.ts'
import { EntryResults } from '../read/entry-results.ts'
import { scanBatches, type ScanFigures, type ScanRequest } from '../read/scan.ts'
import { SearchResults } from '../read/search-results.ts'
import { Shard } from '../shard/shard.ts'
import { TopicDirectory, type OfflineShard } from '../shard/topic-directory.ts'
import { parseTimeExpression } from '../time/time-expression.ts'
import { verifyShards, type StreamVerifyReport } from '../verify/verify-stream.ts'
import {
  BLOCK_CACHE_BYTES_DEFAULT,
  type AppendOptions,
  type Bound,
  type ReadOptions,
  type StreamOptions,
  type TailOptions,
} from './stream-options.ts'
import { topicMetadata, type TopicMetadata } from './topic-metadata.ts'

/** Pipes of the query language that a search carries out by itself; the others are the caller's. */
const OWN_PIPES: ReadonlySet<string> = new Set(['limit', 'fields'])

export interface StreamKind<Entry> {
  /** `logs` or `events`: names the databases and the audit actions. */
  readonly name: 'logs' | 'events'
  readonly codec: EntryCodec<Entry>
}

/** What logs and events share: append, read, search, tail and topics over the shards of one store. */
export class StreamCore<Entry> {
  readonly store: Store
  readonly clock: Clock
  readonly metrics: Metrics
  readonly #kind: StreamKind<Entry>
  readonly #shards: readonly (Shard | OfflineShard)[]
  readonly #topics: TopicDirectory
  readonly #clientIds: ClientIds
  readonly #gate: AppendGate
  readonly #reader: BlockReader
  #waiters: (() => void)[] = []
  #closed = false

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
    this.#kind = kind
    this.#shards = shards
    this.#topics = new TopicDirectory(store, shards)
    this.#clientIds = new ClientIds({
      store,
      topics: () => this.#topics,
      isOwnId: (id) => this.#getOwn(id) !== undefined,
    })
    this.#reader = new BlockReader(
      store,
      options.cache ?? new BlockCache(options.cacheBytes ?? BLOCK_CACHE_BYTES_DEFAULT),
    )
    this.#gate = new AppendGate({
      store,
      topics: this.#topics,
      clientIds: this.#clientIds,
      facility: kind.name,
      actor: options.actor ?? 'app',
      metrics: this.metrics,
      onPublished: () => this.#wake(),
    })
    this.metrics.gauge(`${kind.name}_cached_bytes`, () => this.#reader.cachedBytes)
  }

  /** Loads the directory of every shard; one that is offline or damaged is set aside, the others serve. */
  static async open<Entry>(
    store: Store,
    kind: StreamKind<Entry>,
    options: StreamOptions,
  ): Promise<StreamCore<Entry>> {
    const shards = await Promise.all(
      Array.from({ length: options.shardCount }, (_, number) => loadShard(store, kind.name, number)),
    )
    return new StreamCore({ store, kind, options, shards })
  }

  get topicDirectory(): TopicDirectory {
    return this.#topics
  }

  async append(
    rows: readonly EntryRow[],
    options: AppendOptions & { readonly alongside?: () => readonly Operation[] } = {},
  ): Promise<Receipt> {
    this.#assertOpen()
    if (rows.length === 0) throw new ForgeError('STREAM_VALUE_INVALID', 'an append needs at least one entry')
    let bytes = 0
    for (const row of rows) bytes += rowBytes(row)
    const { expectedVersion, alongside } = options
    return await this.#gate.append({ rows, bytes, expectedVersion, alongside })
  }

  /** @returns undefined when no entry has the id */
  get(id: string): Entry | undefined {
    this.#assertOpen()
    return this.#getOwn(id) ?? this.#getByClientId(id)
  }

  read(options: ReadOptions = {}): EntryResults<Entry> {
    return new EntryResults(() => this.#scan(this.#request(options), newFigures()))
  }

  /** @throws STREAM_QUERY_SYNTAX, STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT */
  search(query: string | Query, options: ReadOptions = {}): SearchResults<Entry> {
    const parsed = typeof query === 'string' ? parseQuery(query) : query
    const unknown = parsed.pipes.find((pipe) => !OWN_PIPES.has(pipe.kind))
    if (unknown !== undefined) {
      throw new ForgeError(
        'STREAM_QUERY_SYNTAX',
        `the pipe "${unknown.kind}" is not available yet; use limit or fields`,
        { details: { offset: 0 } },
      )
    }
    const context = { now: this.clock.now(), rows: this.#kind.codec.rows }
    const plan = planQuery(parsed, context)
    const base = this.#request(options)
    const limits = parsed.pipes.flatMap((pipe) => (pipe.kind === 'limit' ? [pipe.count] : []))
    const figures = newFigures()
    // The text of an event may be bytes, which only the row test tells apart.
    const needsRowTest = plan.needsRowTest || this.#kind.codec.rows === 'events'
    let topics = 0
    const startedMs = this.clock.monotonicMs()
    const start = (): AsyncIterable<readonly Entry[]> => {
      const matching = new Set(this.#topics.match(plan.topicPatterns).map((placed) => placed.topic))
      const request: ScanRequest = {
        ...base,
        topics:
          plan.topicPatterns === undefined
            ? base.topics
            : base.topics.filter((placed) => matching.has(placed.topic)),
        timeFrom: Math.max(base.timeFrom, plan.timeFrom),
        timeTo: Math.min(base.timeTo, plan.timeTo),
        levelMask: plan.isEmpty ? 0 : plan.levelMask,
        literals: plan.requiredLiterals,
        rowTest: needsRowTest ? compileFilter(parsed.filter, context) : undefined,
        limit: Math.min(base.limit, ...limits),
      }
      topics = request.topics.length
      return this.#scan(request, figures)
    }
    return new SearchResults(start, () => ({
      ...figures,
      topics,
      elapsedMs: this.clock.monotonicMs() - startedMs,
    }))
  }

  /** Everything from a place on, then what is appended later, without gap or repetition, until aborted. */
  tail(options: TailOptions = {}): AsyncGenerator<Entry> {
    this.#assertOpen()
    // The present end is that of the call, not that of the first read.
    return this.#follow(options, options.from === undefined ? this.#head() : undefined)
  }

  async *#follow(options: TailOptions, start: Position | undefined): AsyncGenerator<Entry> {
    const { signal } = options
    let after = start
    let from = options.from
    while (!this.#closed && !isAborted(signal)) {
      // The waiter is there before the head is read, so nothing can slip in between.
      const changed = this.#changed(signal)
      const upTo = this.#head()
      if (upTo !== undefined) {
        const request = {
          ...this.#request({ topic: options.topic, from }),
          ...(after === undefined ? {} : { after }),
          upTo,
        }
        for await (const batch of this.#scan(request, newFigures())) {
          if (isAborted(signal)) return
          yield* batch
        }
        after = upTo
        from = undefined
      }
      await changed
    }
  }

  /** Topics with entries, by name. @throws STREAM_PATTERN_INVALID, DATABASE_OFFLINE */
  topics(pattern?: string): readonly TopicMetadata[] {
    return this.#topics
      .match(pattern === undefined ? undefined : [pattern])
      .map(({ topic }) => topicMetadata(topic))
  }

  /** Shards that cannot be read now, and why. */
  offlineShards(): readonly OfflineShard[] {
    return this.#shards.filter((shard): shard is OfflineShard => 'reason' in shard)
  }

  async verify(onProgress?: (blocks: number) => void): Promise<StreamVerifyReport> {
    return await verifyShards({
      store: this.store,
      name: this.#kind.name,
      shards: this.#shards,
      reader: this.#reader,
      onProgress,
    })
  }

  /** Waits for appends under way; later ones are refused. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#gate.drain()
    this.#wake()
  }

  #assertOpen(): void {
    if (this.#closed) throw new ForgeError('STORE_CLOSED', 'the store is closed')
  }

  #getOwn(id: string): Entry | undefined {
    const place = parseEntryId(id)
    if (place === undefined) return undefined
    const shard = this.#shards[place.shard]
    if (shard === undefined) return undefined
    if ('reason' in shard) throw shard.reason
    const index = shard.blockIndexOf(place.sequence)
    if (index === undefined) return undefined
    const summary = shard.blocks[index]!
    return summary.commitTime === place.commitTime
      ? this.#entryAt(shard, index, place.sequence, id)
      : undefined
  }

  #getByClientId(id: string): Entry | undefined {
    const place = this.#clientIds.find(id)
    const shard = place === undefined ? undefined : this.#shards[place.shard]
    if (place === undefined || shard === undefined) return undefined
    if ('reason' in shard) throw shard.reason
    const index = shard.blockIndexOf(place.sequence)
    return index === undefined ? undefined : this.#entryAt(shard, index, place.sequence, id)
  }

  /** The entry at a sequence, if it really has the id: an id that only looks like ours finds nothing. */
  #entryAt(shard: Shard, index: number, sequence: number, id: string): Entry | undefined {
    const summary = shard.blocks[index]!
    const block = this.#reader.read(shard, summary)
    const row = sequence - summary.firstSequence
    const topicId = block.topicIdOf(row)
    const prefix = entryIdPrefix({ commitTime: block.commitTime, shard: shard.number })
    const actual = block.columns.clientId(row) ?? entryId(prefix, { sequence, topicId })
    const topic = shard.topics.get(topicId)
    return actual === id && topic !== undefined
      ? this.#kind.codec.decode({ block, row, topic: topic.name, id })
      : undefined
  }

  #request(options: ReadOptions): ScanRequest {
    this.#assertOpen()
    const { topic, limit, direction, signal, from, to } = options
    const now = this.clock.now()
    const fromPosition = positionOf(from)
    const toPosition = positionOf(to)
    return {
      topics: this.#topics.match(topic === undefined ? undefined : [topic]),
      timeFrom: timeOf(from, now) ?? Number.NEGATIVE_INFINITY,
      timeTo: timeOf(to, now) ?? Number.POSITIVE_INFINITY,
      levelMask: -1,
      literals: [],
      rowTest: undefined,
      ...(fromPosition === undefined ? {} : { after: fromPosition }),
      ...(toPosition === undefined ? {} : { upTo: toPosition }),
      reverse: direction === 'backward',
      limit: limit ?? Number.POSITIVE_INFINITY,
      ...(signal === undefined ? {} : { signal }),
    }
  }

  #scan(request: ScanRequest, figures: ScanFigures): AsyncGenerator<readonly Entry[]> {
    return scanBatches(request, { reader: this.#reader, codec: this.#kind.codec, figures })
  }

  /** The last entry that readers see. */
  #head(): Position | undefined {
    let head: Position | undefined
    for (const shard of this.#topics.online()) {
      const last = shard.blocks.at(-1)
      if (last === undefined) continue
      if (
        head !== undefined &&
        (last.commitSequence < head.commitSequence ||
          (last.commitSequence === head.commitSequence && shard.number < head.shard))
      )
        continue
      head = {
        commitSequence: last.commitSequence,
        shard: shard.number,
        sequence: last.firstSequence + last.count - 1,
      }
    }
    return head
  }

  async #changed(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = (): void => resolve()
    this.#waiters.push(stop)
    signal?.addEventListener('abort', stop, { once: true })
    await promise
    // A tail waits as often as something is appended; its signal must not gather a listener each time.
    signal?.removeEventListener('abort', stop)
  }

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve()
  }
}

async function loadShard(store: Store, name: string, number: number): Promise<Shard | OfflineShard> {
  const database = `${name}_shard_${number}`
  try {
    return await Shard.load(store, { number, database })
  } catch (error) {
    if (
      !isForgeError(error, 'DATABASE_OFFLINE', 'DATABASE_DAMAGED', 'RECORD_TAMPERED', 'STREAM_BLOCK_DAMAGED')
    )
      throw error
    return { number, reason: error }
  }
}

/** A function, since TypeScript takes a flag it has seen false to stay so. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

function newFigures(): ScanFigures {
  return { blocksConsidered: 0, blocksRead: 0, bytesRead: 0, rowsScanned: 0, rowsReturned: 0 }
}

function positionOf(bound: Bound | undefined): Position | undefined {
  if (typeof bound !== 'object' || bound instanceof Date) return undefined
  return typeof bound.position === 'string' ? parsePosition(bound.position) : bound.position
}

function timeOf(bound: Bound | undefined, now: number): number | undefined {
  if (bound === undefined || (typeof bound === 'object' && !(bound instanceof Date))) return undefined
  return parseTimeExpression(bound, now)
}
