import { BackgroundWork, type Clock, type ReportProblem } from '@forgeone/common'
import { SweepTimer } from '../memory/sweep-timer.ts'
import type { DiskTier } from './disk-tier.ts'
import type { RemovalReport } from './entry-store.ts'

const HOUR_MS = 3_600_000
const FLUSH_INTERVAL_MS = 30_000
/** An overdue cleanup waits so long after opening: whoever opened wants something else first. */
const OVERDUE_AFTER_MS = 10_000

/** What one cleanup did. */
export interface CleanupReport extends RemovalReport {
  readonly ms: number
}

/** The work of a cache that nobody asks for: expired entries go, and uses are written. One run at a time. */
export class Upkeep {
  readonly #disk: DiskTier
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #onDone: (report: CleanupReport) => void
  readonly #onError: () => void
  readonly #cleaning: BackgroundWork
  readonly #flushing: BackgroundWork
  readonly #flushTimer: SweepTimer
  readonly #cleanupTimer: SweepTimer
  #overdue: ReturnType<typeof setTimeout> | undefined
  #running: Promise<CleanupReport> | undefined

  constructor(o: {
    readonly disk: DiskTier
    readonly clock: Clock
    readonly intervalHours: number
    readonly onDone: (report: CleanupReport) => void
    readonly onError: () => void
    readonly reportProblem: ReportProblem | undefined
  }) {
    this.#disk = o.disk
    this.#clock = o.clock
    this.#intervalMs = o.intervalHours * HOUR_MS
    this.#onDone = o.onDone
    this.#onError = o.onError
    this.#cleaning = new BackgroundWork('cleanup of the cache', o.reportProblem)
    this.#flushing = new BackgroundWork('writing of uses of the cache', o.reportProblem)
    this.#flushTimer = this.#timer(FLUSH_INTERVAL_MS, () => this.#flushing.run(() => o.disk.flush()))
    this.#cleanupTimer = this.#timer(this.#intervalMs, () => this.#cleanUnasked())
  }

  start(): void {
    this.#flushTimer.start()
    this.#cleanupTimer.start()
    const last = this.#disk.lastCleanup ?? this.#clock.now()
    if (this.#clock.now() - last < this.#intervalMs) return
    this.#overdue = setTimeout(() => this.#counted(this.#cleanUnasked()), OVERDUE_AFTER_MS)
    // In a browser a timer is a number, and nothing waits for it.
    if (typeof this.#overdue === 'object') this.#overdue.unref()
  }

  /** Removes what has expired. A call while one runs gets the report of that one. */
  async cleanup(): Promise<CleanupReport> {
    this.#running ??= this.#run().finally(() => (this.#running = undefined))
    return await this.#running
  }

  async stop(): Promise<void> {
    this.#flushTimer.stop()
    this.#cleanupTimer.stop()
    clearTimeout(this.#overdue)
    await this.#running?.catch(this.#onError)
  }

  #cleanUnasked(): Promise<boolean> {
    return this.#cleaning.run(() => this.cleanup())
  }

  #counted(work: Promise<boolean>): void {
    void work.then((worked) => {
      if (!worked) this.#onError()
    })
  }

  async #run(): Promise<CleanupReport> {
    const startedMs = this.#clock.monotonicMs()
    const report = { ...(await this.#disk.removeExpired()), ms: this.#clock.monotonicMs() - startedMs }
    this.#onDone(report)
    return report
  }

  #timer(intervalMs: number, work: () => Promise<boolean>): SweepTimer {
    return new SweepTimer({
      intervalMs,
      sweep: () => {
        this.#counted(work())
        return true
      },
    })
  }
}
