import { BackgroundWork, isForgeError, type ForgeError, type SealedOperation } from '@forgeone/common'
import type { Health } from '../health/health.ts'
import type { JournalWriter } from '../journal/journal-writer.ts'
import type { CommitContent, CommitPlace } from '../port/store.ts'
import { stateContent } from './state-record.ts'
import type { StateRoots } from './state-roots.ts'

/** Watched rows that changed are described after this time: a process that is killed leaves so much undescribed. */
export const DESCRIBE_AFTER_MS = 60_000
/** Rows that take longer to read are described at flush points and on closing only: commits wait meanwhile. */
const DESCRIBE_MS_MAX = 100

/** Of what takes the store's own commits. */
export interface DescribingCommitter {
  /** Runs `action` with every database up to date; commits wait meanwhile. */
  exclusively<T>(action: () => Promise<T>): Promise<T>
  submit(
    build: () => CommitContent,
    options: { readonly privileged: boolean; readonly forFlush: boolean },
  ): Promise<CommitPlace>
}

export interface StateDescriberOptions {
  readonly roots: StateRoots
  readonly journal: JournalWriter
  readonly health: Health
  readonly committer: () => DescribingCommitter
  readonly afterMs: number
}

/** Commits what the watched rows are: before each flush point, and some time after they changed. */
export class StateDescriber {
  readonly #options: StateDescriberOptions
  #timer: NodeJS.Timeout | undefined
  #underWay: Promise<void> = Promise.resolve()
  #tookMs = 0
  readonly #work: BackgroundWork
  #isStopped = false

  constructor(options: StateDescriberOptions) {
    this.#options = options
    const { health } = options
    this.#work = new BackgroundWork('description of rows', (problem, where) => {
      if (problem === undefined) health.withdraw(where)
      else health.note(problem, where)
    })
  }

  /** Told of every commit before it is applied. */
  note(operations: readonly SealedOperation[]): void {
    if (this.#options.roots.note(operations)) this.schedule()
  }

  /** Has the rows described some time later. */
  schedule(): void {
    if (this.#isStopped || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const { health } = this.#options
      if (this.#tookMs > DESCRIBE_MS_MAX || health.poisoned) return
      // A commit nobody asked for is not to be what finds a full disk; later there may be room, or leave to write.
      if (health.state === 'readonly') this.schedule()
      else this.#underWay = this.#work.run(() => this.#describeSoon()).then(() => undefined)
    }, this.#options.afterMs).unref()
  }

  /** Where there is no room for it now, it is tried again. */
  async #describeSoon(): Promise<void> {
    if ((await this.#describe('store.described')) !== undefined) this.schedule()
  }

  /**
   * For a flush point: in a new segment, with every commit behind the state. Only whole segments are dropped, and opening
   * needs all commits behind a description to tell whether the rows changed since.
   * @returns the refusal of its commit where there is no room for it: there is no flush point then, and nothing is lost
   */
  async describeFlush(): Promise<ForgeError | undefined> {
    try {
      return await this.#describe('store.flushed')
    } catch (error) {
      // A store that takes no commits goes without; what it has is made durable all the same.
      if (this.#options.health.refusal === undefined) throw error
      return undefined
    }
  }

  /** Nothing is described any more; settles when nothing is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#underWay
  }

  async #describe(action: 'store.flushed' | 'store.described'): Promise<ForgeError | undefined> {
    const { journal, roots, committer } = this.#options
    const state = await committer().exclusively(async () => {
      if (action === 'store.flushed') await journal.endSegment()
      const startedMs = performance.now()
      const taken = await roots.take(journal.nextSequence - 1)
      this.#tookMs = performance.now() - startedMs
      return taken
    })
    if (state === undefined) return undefined
    const content = { ...stateContent(action, state), operations: [] }
    try {
      await committer().submit(() => content, { privileged: true, forFlush: action === 'store.flushed' })
      return undefined
    } catch (error) {
      // Refused before anything was written; what fails while it is written has another code.
      if (isForgeError(error, 'STORAGE_FULL', 'QUOTA_EXCEEDED')) return error
      throw error
    }
  }
}
