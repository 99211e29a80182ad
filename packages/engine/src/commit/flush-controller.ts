import { Turns, type ForgeError, type Metrics } from '@forgeone/common'
import type { Keyring } from '@forgeone/crypto'
import { FLUSH_POINT_BYTES } from './commit-limits.ts'
import type { Backend } from '../database/backend.ts'
import type { Database } from '../database/database.ts'
import type { StoreFiles } from '../files/store-files.ts'
import { encodeFlushPoint, type DatabaseState, type FlushPoint } from '../format/flush-point.ts'
import { journalSealer } from '../journal/journal-reader.ts'
import type { JournalWriter } from '../journal/journal-writer.ts'

export const FLUSH_POINT_NAME = 'journal/flush-point'

/** When nothing was written for so long, what the journal holds beside the tables is let go: it takes room twice. */
const IDLE_FLUSH_MS = 10_000
/** Less is not worth the syncs of all databases. */
const IDLE_FLUSH_BYTES_MIN: number = 64 * 1024

/** The flush point is sealed as if it lay in segment 0, which does not exist. */
export const FLUSH_POINT_SEGMENT = 0

export interface FlushControllerOptions {
  readonly files: StoreFiles
  readonly backend: Backend
  readonly keyring: Keyring
  readonly journal: JournalWriter
  readonly databases: ReadonlyMap<string, Database>
  /** A database is offline: its rows live on in the journal only, so nothing may be dropped from it. */
  readonly keepJournal: boolean
  /** Default `FLUSH_POINT_BYTES`. */
  readonly everyBytes: number | undefined
  /** Default `IDLE_FLUSH_MS`. */
  readonly idleMs: number | undefined
  readonly metrics: Metrics
  /** Runs before a flush point that is taken by itself; it may commit. An error that it gives: there is no room for one now. */
  readonly prepare: () => Promise<ForgeError | undefined>
  /** Settles when the databases hold every commit up to the one given. */
  readonly applied: (sequence: number) => Promise<void>
  /** Writes the observer's state, which must be in synced tables before the journal lets its commits go. */
  readonly settleObserver: () => Promise<void>
  /** Commit time of the last commit. */
  readonly lastTime: () => number
  readonly onFailure: (cause: unknown) => void
}

/** Takes flush points: bounds what a crash has to replay, and lets old segments go. */
export class FlushController {
  readonly #options: FlushControllerOptions
  #bytesSinceLast = 0
  #bytesBeingFlushed = 0
  readonly #turns = new Turns()
  /** Settles when the flush point that was due by itself is taken. */
  #background: Promise<void> | undefined
  #stopped = false
  #idleTimer: NodeJS.Timeout | undefined

  constructor(options: FlushControllerOptions) {
    this.#options = options
  }

  /** Bytes of frames that no flush point covers. */
  get unflushedBytes(): number {
    return this.#bytesSinceLast + this.#bytesBeingFlushed
  }

  onFrame(bytes: number): void {
    this.#bytesSinceLast += bytes
    if (this.#bytesSinceLast >= (this.#options.everyBytes ?? FLUSH_POINT_BYTES)) this.takeSoon()
    else if (this.#bytesSinceLast >= IDLE_FLUSH_BYTES_MIN) this.#takeWhenIdle()
  }

  #takeWhenIdle(): void {
    if (this.#stopped) return
    // Called for every frame: a timer that is put off costs next to nothing.
    if (this.#idleTimer !== undefined) return void this.#idleTimer.refresh()
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = undefined
      if (this.#bytesSinceLast >= IDLE_FLUSH_BYTES_MIN) this.takeSoon()
    }, this.#options.idleMs ?? IDLE_FLUSH_MS).unref()
  }

  /** In the background, unless one is being taken there. */
  takeSoon(): void {
    if (this.#background !== undefined || this.#stopped) return
    this.#background = this.#takeInBackground().finally(() => {
      this.#background = undefined
    })
  }

  /** From now on none is taken by itself; settles when none is under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#idleTimer)
    await this.#background
    await this.#turns.idle()
  }

  /** Runs `action` while no flush point is being taken; actions and flush points take turns. */
  alone<T>(action: () => Promise<T>): Promise<T> {
    return this.#turns.run(action)
  }

  /** Makes every database durable up to the present commit, records it, and drops what the journal no longer needs. */
  take(): Promise<void> {
    return this.alone(() => this.#take())
  }

  async #takeInBackground(): Promise<void> {
    try {
      // Outside the turn below: what it commits waits for whoever holds commits back until its own turn comes.
      if (!this.#options.keepJournal && (await this.#options.prepare()) !== undefined) return
      await this.take()
    } catch (cause) {
      this.#options.onFailure(cause)
    }
  }

  async #take(): Promise<void> {
    if (this.#options.keepJournal) return
    this.#bytesBeingFlushed = this.unflushedBytes
    this.#bytesSinceLast = 0
    const { journal } = this.#options
    const sequence = journal.nextSequence - 1
    const { digest } = journal
    const time = this.#options.lastTime()
    // What is applied is durable in the journal too, so the journal never ends before its flush point.
    await this.#options.applied(sequence)
    await this.#options.settleObserver()
    await this.flushDatabases()
    await this.record({
      sequence,
      time,
      digest,
      closed: false,
      databases: await this.states({ closed: false }),
    })
    this.#bytesBeingFlushed = 0
    await journal.trim(sequence)
    this.#options.metrics.add('flush_points_total')
  }

  async flushDatabases(): Promise<void> {
    for (const database of this.#options.databases.values())
      await this.#options.backend.flush(database.name, database.level)
  }

  /** @param o.closed the databases are: what lies in their logs is there for good */
  async states({ closed }: { readonly closed: boolean }): Promise<readonly DatabaseState[]> {
    const states: DatabaseState[] = []
    for (const name of this.#options.databases.keys())
      states.push(await this.#options.backend.state(name, { withLogs: closed }))
    return states
  }

  async record(point: FlushPoint): Promise<void> {
    await this.#options.files.replace(
      FLUSH_POINT_NAME,
      encodeFlushPoint(point, journalSealer(this.#options.keyring, FLUSH_POINT_SEGMENT)),
    )
  }
}
