import type { Clock, JsonObject, Timer } from '@forgeone/common'

/** Refusals of one actor and act within this time are a few commits and a count. */
const WINDOW_MS = 1000
const COMMITS_MAX = 8
/** Actors and acts that are counted at once; those beyond are counted together. */
const KINDS_MAX = 1000
const SEVERAL = 'several'

/** A call that was refused, as its leaf tells of it. */
export interface Refusal {
  readonly action: string
  readonly actor: string
  readonly facts: JsonObject
}

interface Counted {
  readonly refusal: Refusal
  readonly untilMs: number
  commits: number
  more: number
}

/**
 * Commits refusals, however many are asked for: the first of a second one by one, the rest as one count. Anybody can be
 * refused, and what is refused must cost whoever holds the store no more than that.
 */
export class RefusalLog {
  readonly #clock: Clock
  readonly #commit: (refusal: Refusal) => Promise<void>
  readonly #kinds = new Map<string, Counted>()
  readonly #timer: Pick<Timer, 'after'>
  #cancelFlush: (() => void) | undefined

  constructor(options: {
    readonly clock: Clock
    readonly timer: Pick<Timer, 'after'>
    readonly commit: (refusal: Refusal) => Promise<void>
  }) {
    this.#clock = options.clock
    this.#timer = options.timer
    this.#commit = options.commit
  }

  /**
   * @param refusal whose facts are told where it has a commit of its own
   * @throws what its commit throws
   */
  async note(refusal: Refusal): Promise<void> {
    const name = JSON.stringify([refusal.actor, refusal.action])
    const isCounted = this.#kinds.has(name) || this.#kinds.size < KINDS_MAX
    const counted = this.#countedOf(isCounted ? name : SEVERAL, refusal)
    if (counted.commits < COMMITS_MAX) {
      counted.commits++
      await this.#commit(refusal)
      return
    }
    counted.more++
    this.#cancelFlush ??= this.#timer.after(WINDOW_MS, () => this.flush())
  }

  /** Writes what is still counted. */
  flush(): void {
    this.#cancelFlush?.()
    this.#cancelFlush = undefined
    for (const [name, counted] of this.#kinds) this.#end(name, counted)
  }

  #countedOf(name: string, refusal: Refusal): Counted {
    const now = this.#clock.now()
    const known = this.#kinds.get(name)
    if (known !== undefined && now < known.untilMs) return known
    if (known !== undefined) this.#end(name, known)
    const counted = { refusal, untilMs: now + WINDOW_MS, commits: 0, more: 0 }
    this.#kinds.set(name, counted)
    return counted
  }

  #end(name: string, { refusal, more }: Counted): void {
    this.#kinds.delete(name)
    if (more === 0) return
    const { outcome } = refusal.facts
    const facts = outcome === undefined ? { count: more } : { outcome, count: more }
    // The answer was no whether this can be written or not.
    this.#commit({ ...refusal, facts }).catch(() => undefined)
  }
}
