import { setTimeout as delay } from 'node:timers/promises'
import { BackgroundWork, tellProgress, type Clock, type ReportProblem } from '@forgeone/common'
import type { SectionLevel } from '@forgeone/log-codec'
import { endSequence } from '../block/block-summary.ts'
import { KEYSPACE_HOT, KEYSPACE_HOT_INDEX } from '../shard/keys.ts'
import type { Shard } from '../shard/shard.ts'
import {
  BUSY_SHARE,
  FAST_BLOCK_RAW_BYTES_MAX,
  FAST_BLOCK_ROWS_MAX,
  HOT_AGE_START_MS,
  HOT_RAW_BYTES_START,
  IDLE_MS,
  SETTLED_MS,
} from './compaction-limits.ts'
import {
  nextHotStep,
  nextMergeStep,
  nextSettledStep,
  planAll,
  type CompactionStep,
} from './compaction-plan.ts'
import { reclaimBlocks } from './reclaim-blocks.ts'
import { rewriteBlocks, type RewriteContext } from './rewrite-blocks.ts'

export interface CompactionProgress {
  /** Raw bytes rewritten so far, and altogether. */
  readonly rawBytes: number
  readonly totalRawBytes: number
}

export interface CompactionOptions {
  /** `fast` reads as quickly as what was just appended; `default` and `max` take less room and read slower. */
  readonly level?: SectionLevel | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: CompactionProgress) => void) | undefined
}

/** What a compaction did. */
export interface CompactionOutcome {
  readonly blocksWritten: number
  readonly rawBytes: number
}

export interface CompactorOptions extends RewriteContext {
  readonly shards: () => readonly Shard[]
  readonly clock: Clock
  readonly reportProblem?: ReportProblem | undefined
}

/**
 * Rewrites hot blocks into cold ones, and small cold ones into larger ones. Each step is one commit that puts the new
 * block in and takes the old ones out: a crash leaves the state before or after it, and the next run goes on.
 * Maintenance of a stream (compaction, retention, removal of topics) takes turns.
 */
export class Compactor {
  readonly #o: CompactorOptions
  /** Settles when the last piece of maintenance that was asked for is done. */
  #last: Promise<unknown> = Promise.resolve()
  /** Undefined: nothing is done but what is asked for. */
  #timer: NodeJS.Timeout | undefined
  #isScheduled = false
  readonly #closing = new AbortController()
  #lastAppendMs = Number.NEGATIVE_INFINITY
  readonly #background: BackgroundWork

  constructor(options: CompactorOptions) {
    this.#o = options
    this.#background = new BackgroundWork(`compaction of ${options.facility}`, options.reportProblem)
  }

  get context(): RewriteContext {
    return this.#o
  }

  /** Runs `action` while no other maintenance does. */
  alone<T>(action: () => Promise<T>): Promise<T> {
    const run = this.#last.then(action)
    this.#last = run.catch(() => undefined)
    return run
  }

  /** Looks from time to time whether there is something to do. */
  start(): void {
    this.#timer = setInterval(() => this.#lookForWork(), IDLE_MS)
    this.#timer.unref()
  }

  /** Tells that entries were appended. */
  onAppend(): void {
    this.#lastAppendMs = this.#o.clock.monotonicMs()
    if (this.#timer === undefined) return
    if (this.#o.shards().some((shard) => shard.hotRawBytes >= HOT_RAW_BYTES_START)) this.#schedule()
  }

  /** Rewrites all that can become smaller, in all shards. @throws STREAM_BLOCK_DAMAGED, and what a commit throws */
  compactAll(options: CompactionOptions = {}): Promise<CompactionOutcome> {
    const level = options.level ?? 'default'
    return this.alone(async () => {
      const work = this.#o.shards().map((shard) => ({ shard, steps: planAll(shard.blocks, level) }))
      const totalRawBytes = work.reduce((sum, { steps }) => sum + stepsRawBytes(steps), 0)
      let rawBytes = 0
      let blocksWritten = 0
      for (const { shard, steps } of work) {
        if (steps.length > 0) await this.#settleHot(shard)
        for (const step of steps) {
          options.signal?.throwIfAborted()
          await this.#run(shard, step)
          rawBytes += stepsRawBytes([step])
          blocksWritten++
          tellProgress(options.onProgress, { rawBytes, totalRawBytes })
        }
        if (steps.length > 0) await this.#reclaim(shard, steps)
      }
      this.#background.succeeded()
      return { blocksWritten, rawBytes }
    })
  }

  /** Waits for the step under way; nothing is begun any more. */
  async close(): Promise<void> {
    this.#closing.abort()
    clearInterval(this.#timer)
    await this.#last
    await this.#o.encoder.close()
  }

  #lookForWork(): void {
    const { clock } = this.#o
    if (!this.#isIdle) return
    const oldestTime = clock.now() - HOT_AGE_START_MS
    const isDue = this.#o.shards().some((shard) => {
      const hot = shard.blocks.find((block) => block.kind === 'hot')
      if (hot !== undefined && hot.commitTime <= oldestTime) return true
      return this.#nextSettled(shard) !== undefined
    })
    if (isDue) this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#closing.signal.aborted) return
    this.#isScheduled = true
    void this.alone(async () => {
      const worked = await this.#background.run(() => this.#compactInBackground())
      // Nothing was changed, and nobody waits: the next look tries again.
      if (!worked) this.#o.metrics.add(`${this.#o.facility}_compaction_failures_total`)
    }).finally(() => {
      this.#isScheduled = false
    })
  }

  /** A shard whose blocks cannot be read does not keep the others waiting. */
  async #compactInBackground(): Promise<void> {
    let failure: unknown
    for (const shard of this.#o.shards()) {
      try {
        await this.#compactShard(shard)
      } catch (cause) {
        failure ??= cause
      }
    }
    if (failure !== undefined) throw failure
  }

  async #compactShard(shard: Shard): Promise<void> {
    const done: CompactionStep[] = []
    const runAll = async (next: () => CompactionStep | undefined): Promise<void> => {
      for (let step = next(); step !== undefined; step = next()) {
        if (this.#closing.signal.aborted) return
        if (done.length === 0) await this.#settleHot(shard)
        await this.#runGently(shard, step)
        done.push(step)
      }
    }
    await runAll(() => this.#nextWorthwhile(shard))
    await runAll(() => nextMergeStep(shard.blocks))
    await runAll(() => (this.#isIdle ? this.#nextSettled(shard) : undefined))
    if (done.length > 0 && !this.#closing.signal.aborted) await this.#reclaim(shard, done)
  }

  /** Young hot blocks wait until they fill half of a cold one: the next appends belong beside them. */
  #nextWorthwhile(shard: Shard): CompactionStep | undefined {
    const step = nextHotStep(shard.blocks)
    if (step === undefined) return undefined
    const isOld = step.sources[0]!.commitTime <= this.#o.clock.now() - HOT_AGE_START_MS
    const rows = step.sources.reduce((sum, { count }) => sum + count, 0)
    const isFull = stepsRawBytes([step]) >= FAST_BLOCK_RAW_BYTES_MAX / 2 || rows >= FAST_BLOCK_ROWS_MAX / 2
    return isOld || isFull ? step : undefined
  }

  #nextSettled({ blocks }: Shard): CompactionStep | undefined {
    // It takes seconds, which only a thread of its own has.
    if (this.#o.encoder.isHere) return undefined
    return nextSettledStep(blocks, { settledTime: this.#o.clock.now() - SETTLED_MS })
  }

  get #isIdle(): boolean {
    return this.#o.clock.monotonicMs() - this.#lastAppendMs >= IDLE_MS
  }

  /** Leaves the machine to the appends for as long as `BUSY_SHARE` says. */
  async #runGently(shard: Shard, step: CompactionStep): Promise<void> {
    const { clock } = this.#o
    const startedMs = clock.monotonicMs()
    await this.#run(shard, step)
    const tookMs = clock.monotonicMs() - startedMs
    if (this.#lastAppendMs < startedMs) return
    const { signal } = this.#closing
    await delay(tookMs * (1 / BUSY_SHARE - 1), undefined, { signal }).catch(() => undefined)
  }

  async #run(shard: Shard, step: CompactionStep): Promise<void> {
    const { metrics, facility, clock } = this.#o
    const startedMs = clock.monotonicMs()
    await rewriteBlocks({ shard, ...step, action: 'compact' }, this.#o)
    metrics.add(`${facility}_compaction_runs_total`)
    metrics.add(`${facility}_compaction_raw_bytes_total`, stepsRawBytes([step]))
    metrics.observe(`${facility}_compaction_ms`, clock.monotonicMs() - startedMs)
  }

  /**
   * Moves hot blocks out of the database's memory first. Rows that are written and deleted in one memtable reach the
   * disk both, in a table that nothing makes the database rewrite.
   */
  async #settleHot(shard: Shard): Promise<void> {
    const from = Uint8Array.of(KEYSPACE_HOT)
    await this.#o.store.reclaim(shard.database, { from, to: Uint8Array.of(KEYSPACE_HOT_INDEX + 1) })
  }

  async #reclaim(shard: Shard, steps: readonly CompactionStep[]): Promise<void> {
    const sources = steps.flatMap((step) => step.sources)
    const from = sources.reduce((least, block) => Math.min(least, block.firstSequence), Infinity)
    const to = sources.reduce((most, block) => Math.max(most, endSequence(block)), 0)
    await reclaimBlocks(this.#o.store, shard, { from, to })
  }
}

function stepsRawBytes(steps: readonly CompactionStep[]): number {
  let bytes = 0
  for (const { sources } of steps) for (const { rawBytes } of sources) bytes += rawBytes
  return bytes
}
