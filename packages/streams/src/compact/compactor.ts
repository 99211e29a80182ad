import { ForgeError, tellProgress, Turns, type Clock, type Timer } from '@forgeone/common'
import type { Job } from '@forgeone/engine'
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
  readonly timer: Pick<Timer, 'pause'>
}

/**
 * Rewrites hot blocks into cold ones, and small cold ones into larger ones. Each step is one commit that puts the new
 * block in and takes the old ones out: a crash leaves the state before or after it, and the next run goes on.
 * Maintenance of a stream (compaction, retention, removal of topics) takes turns.
 */
export class Compactor {
  readonly #options: CompactorOptions
  readonly #maintenance = new Turns()
  /** Undefined: nothing is done but what is asked for. */
  #runSoon: (() => void) | undefined
  readonly #closing = new AbortController()
  #lastAppendMs = Number.NEGATIVE_INFINITY

  constructor(options: CompactorOptions) {
    this.#options = options
  }

  get context(): RewriteContext {
    return this.#options
  }

  /** Runs `action` while no other maintenance does. */
  alone<T>(action: () => Promise<T>): Promise<T> {
    return this.#maintenance.run(action)
  }

  /** What it does by itself: looks from time to time whether there is something to do, and at once when much is hot. */
  get job(): Job {
    return {
      name: `compaction of ${this.#options.facility}`,
      everyMs: IDLE_MS,
      isDue: () => this.#isDue,
      onSchedule: (runSoon) => (this.#runSoon = runSoon),
      run: (signal) => this.alone(() => this.#compactInBackground(signal)),
    }
  }

  /** Tells that entries were appended. */
  onAppend(): void {
    this.#lastAppendMs = this.#options.clock.monotonicMs()
    if (this.#runSoon !== undefined && this.#isMuchHot) this.#runSoon()
  }

  /** Rewrites all that can become smaller, in all shards. @throws STREAM_BLOCK_DAMAGED, and what a commit throws */
  compactAll(options: CompactionOptions = {}): Promise<CompactionOutcome> {
    const level = options.level ?? 'default'
    return this.alone(async () => {
      const work = this.#options.shards().map((shard) => ({ shard, steps: planAll(shard.blocks, level) }))
      const totalRawBytes = work.reduce((sum, { steps }) => sum + stepsRawBytes(steps), 0)
      let rawBytes = 0
      let blocksWritten = 0
      for (const { shard, steps } of work) {
        if (steps.length > 0) await this.#settleHot(shard)
        for (const step of steps) {
          options.signal?.throwIfAborted()
          if (this.#closing.signal.aborted) throw new ForgeError('STORE_CLOSED', 'the store is being closed')
          await this.#run(shard, step)
          rawBytes += stepsRawBytes([step])
          blocksWritten++
          tellProgress(options.onProgress, { rawBytes, totalRawBytes })
        }
        if (steps.length > 0) await this.#reclaim(shard, steps)
      }
      return { blocksWritten, rawBytes }
    })
  }

  /** Waits for the step under way; nothing is begun any more. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#maintenance.idle()
    await this.#options.encoder.close()
  }

  get #isMuchHot(): boolean {
    return this.#options.shards().some((shard) => shard.hotRawBytes >= HOT_RAW_BYTES_START)
  }

  get #isDue(): boolean {
    if (this.#isMuchHot) return true
    if (!this.#isIdle) return false
    const oldestTime = this.#options.clock.now() - HOT_AGE_START_MS
    return this.#options.shards().some((shard) => {
      const hot = shard.blocks.find((block) => block.kind === 'hot')
      if (hot !== undefined && hot.commitTime <= oldestTime) return true
      return this.#nextSettled(shard) !== undefined
    })
  }

  /** A shard whose blocks cannot be read does not keep the others waiting. */
  async #compactInBackground(signal: AbortSignal): Promise<void> {
    const ending = AbortSignal.any([signal, this.#closing.signal])
    let failure: unknown
    for (const shard of this.#options.shards()) {
      try {
        await this.#compactShard(shard, ending)
      } catch (cause) {
        failure ??= cause
      }
    }
    if (failure === undefined) return
    this.#options.metrics.add(`${this.#options.facility}_compaction_failures_total`)
    throw failure
  }

  async #compactShard(shard: Shard, ending: AbortSignal): Promise<void> {
    const done: CompactionStep[] = []
    const runAll = async (next: () => CompactionStep | undefined): Promise<void> => {
      for (let step = next(); step !== undefined; step = next()) {
        if (ending.aborted) return
        if (done.length === 0) await this.#settleHot(shard)
        await this.#runGently(shard, step, ending)
        done.push(step)
      }
    }
    await runAll(() => this.#nextWorthwhile(shard))
    await runAll(() => nextMergeStep(shard.blocks))
    await runAll(() => (this.#isIdle ? this.#nextSettled(shard) : undefined))
    if (done.length > 0 && !ending.aborted) await this.#reclaim(shard, done)
  }

  /** Young hot blocks wait until they fill half of a cold one: the next appends belong beside them. */
  #nextWorthwhile(shard: Shard): CompactionStep | undefined {
    const step = nextHotStep(shard.blocks)
    if (step === undefined) return undefined
    const isOld = step.sources[0]!.commitTime <= this.#options.clock.now() - HOT_AGE_START_MS
    const rows = step.sources.reduce((sum, { count }) => sum + count, 0)
    const isFull = stepsRawBytes([step]) >= FAST_BLOCK_RAW_BYTES_MAX / 2 || rows >= FAST_BLOCK_ROWS_MAX / 2
    return isOld || isFull ? step : undefined
  }

  #nextSettled({ blocks }: Shard): CompactionStep | undefined {
    // It takes seconds, which only a thread of its own has.
    if (this.#options.encoder.isHere) return undefined
    return nextSettledStep(blocks, { settledTime: this.#options.clock.now() - SETTLED_MS })
  }

  get #isIdle(): boolean {
    return this.#options.clock.monotonicMs() - this.#lastAppendMs >= IDLE_MS
  }

  /** Leaves the machine to the appends for as long as `BUSY_SHARE` says. */
  async #runGently(shard: Shard, step: CompactionStep, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const startedMs = clock.monotonicMs()
    await this.#run(shard, step)
    const tookMs = clock.monotonicMs() - startedMs
    if (this.#lastAppendMs < startedMs) return
    await this.#options.timer.pause(tookMs * (1 / BUSY_SHARE - 1), signal)
  }

  async #run(shard: Shard, step: CompactionStep): Promise<void> {
    const { metrics, facility, clock } = this.#options
    const startedMs = clock.monotonicMs()
    await rewriteBlocks({ shard, ...step, action: 'compact' }, this.#options)
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
    await this.#options.store.reclaim(shard.database, { from, to: Uint8Array.of(KEYSPACE_HOT_INDEX + 1) })
  }

  async #reclaim(shard: Shard, steps: readonly CompactionStep[]): Promise<void> {
    const sources = steps.flatMap((step) => step.sources)
    const from = sources.reduce((least, block) => Math.min(least, block.firstSequence), Infinity)
    const to = sources.reduce((most, block) => Math.max(most, endSequence(block)), 0)
    await reclaimBlocks(this.#options.store, shard, { from, to })
  }
}

function stepsRawBytes(steps: readonly CompactionStep[]): number {
  let bytes = 0
  for (const { sources } of steps) for (const { rawBytes } of sources) bytes += rawBytes
  return bytes
}
