import {
  BackgroundWork,
  ForgeError,
  Turns,
  type Clock,
  type ReportProblem,
  type Timer,
} from '@forgeone/common'
import type { Job } from './job.ts'

/** What a store does by itself, and how it went since the store was opened. */
export interface JobFigures {
  readonly name: string
  readonly state: 'waiting' | 'running' | 'paused' | 'closed'
  readonly runs: number
  readonly failures: number
  /** In milliseconds since 1970; null before the first run. */
  readonly lastBegan: number | null
  readonly lastTookMs: number | null
}

export interface BackgroundOptions {
  readonly jobs: readonly Job[]
  readonly clock: Clock
  readonly timer: Pick<Timer, 'after'>
  readonly reportProblem?: ReportProblem | undefined
  /** Whether the store can be written: where it cannot, nothing is tried. */
  readonly mayWrite?: (() => boolean) | undefined
}

/**
 * Everything that a store does by itself. Jobs take turns but for short ones.
 * What fails shows in the health of the store as long as it goes on failing, and is tried again at its next time.
 */
export class Background {
  readonly #options: BackgroundOptions
  readonly #scheduled: readonly ScheduledJob[]
  readonly #turns = new Turns()
  readonly #short = new Turns()
  readonly #ending = new AbortController()
  #isPaused = false

  constructor(options: BackgroundOptions) {
    this.#options = options
    this.#scheduled = options.jobs.map((job) => ({
      job,
      work: new BackgroundWork(job.name, options.reportProblem),
      isRunning: false,
      isWaiting: false,
      isAskedAgain: false,
      runs: 0,
      failures: 0,
      lastBegan: null,
      lastTookMs: null,
      cancel: () => undefined,
    }))
    for (const scheduled of this.#scheduled) {
      const { firstMs, everyMs, onSchedule } = scheduled.job
      this.#schedule(scheduled, firstMs ?? everyMs)
      onSchedule?.(() => this.#runSoon(scheduled))
    }
  }

  /** The jobs in the order of their facilities. */
  list(): readonly JobFigures[] {
    return this.#scheduled.map(({ job: { name }, isRunning, runs, failures, lastBegan, lastTookMs }) => ({
      name,
      state: isRunning ? 'running' : this.#state,
      runs,
      failures,
      lastBegan,
      lastTookMs,
    }))
  }

  get #state(): 'waiting' | 'paused' | 'closed' {
    if (this.#ending.signal.aborted) return 'closed'
    return this.#isPaused ? 'paused' : 'waiting'
  }

  /** Nothing is begun until `resume`, or the next opening; what runs goes on to its end. It does not count. @throws STORE_CLOSED */
  async pause(): Promise<void> {
    this.#setPaused(true)
  }

  /** What came due meanwhile runs at its next time. @throws STORE_CLOSED */
  async resume(): Promise<void> {
    this.#setPaused(false)
  }

  /** Ends what runs, and waits until it has ended. Nothing is begun any more. */
  async close(): Promise<void> {
    this.#ending.abort()
    for (const { cancel } of this.#scheduled) cancel()
    await Promise.all([this.#turns.idle(), this.#short.idle()])
  }

  #setPaused(isPaused: boolean): void {
    if (this.#ending.signal.aborted) throw new ForgeError('STORE_CLOSED', 'the store is closed')
    this.#isPaused = isPaused
  }

  #schedule(scheduled: ScheduledJob, delayMs: number): void {
    if (this.#ending.signal.aborted) return
    scheduled.cancel = this.#options.timer.after(delayMs, () => this.#begin(scheduled))
  }

  #runSoon(scheduled: ScheduledJob): void {
    // A run that waits for its turn will see what has become due; one under way may be past it.
    if (scheduled.isWaiting || this.#isPaused || this.#ending.signal.aborted) return
    if (scheduled.isRunning) scheduled.isAskedAgain = true
    else this.#begin(scheduled)
  }

  #begin(scheduled: ScheduledJob): void {
    scheduled.cancel()
    scheduled.isWaiting = true
    const run = (): Promise<void> => this.#run(scheduled)
    const running = scheduled.job.isShort === true ? this.#short.run(run) : this.#turns.run(run)
    void running.finally(() => {
      const { isAskedAgain } = scheduled
      scheduled.isAskedAgain = false
      this.#schedule(scheduled, isAskedAgain ? 0 : scheduled.job.everyMs)
    })
  }

  async #run(scheduled: ScheduledJob): Promise<void> {
    scheduled.isWaiting = false
    const { clock, mayWrite } = this.#options
    const { signal } = this.#ending
    if (this.#isPaused || signal.aborted || mayWrite?.() === false) return
    const { job } = scheduled
    const begunMs = clock.monotonicMs()
    let isDue = true
    const worked = await scheduled.work.run(async () => {
      try {
        isDue = job.isDue?.() !== false
        if (!isDue) return
        scheduled.isRunning = true
        scheduled.lastBegan = clock.now()
        await job.run(signal)
      } catch (cause) {
        // What closing cut short did not fail.
        if (!signal.aborted) throw cause
      }
    })
    if (!isDue) return
    scheduled.runs++
    if (!worked) scheduled.failures++
    scheduled.lastTookMs = clock.monotonicMs() - begunMs
    scheduled.isRunning = false
  }
}

interface ScheduledJob {
  readonly job: Job
  readonly work: BackgroundWork
  isRunning: boolean
  /** For its turn. */
  isWaiting: boolean
  /** While it ran. */
  isAskedAgain: boolean
  runs: number
  failures: number
  lastBegan: number | null
  lastTookMs: number | null
  cancel: () => void
}
