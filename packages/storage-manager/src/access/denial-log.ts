import { canonicalJson, systemTimer, utf8Encode, type Clock, type Timer } from '@forgeone/common'
import type { Store } from '@forgeone/engine'

/** Refusals of one principal within this time are a few leaves and a count: who knocks a thousand times fills no log. */
const WINDOW_MS = 1000
/** Different refusals of one principal that have leaves of their own in a window; the rest are one count together. */
const KINDS_MAX = 8
/** Principals that are counted at once; those beyond are counted together. */
const PRINCIPALS_MAX = 1000
/** Who stands for all that are counted together, and what of them differs. */
const SEVERAL = 'several'

export interface Denial {
  /** Pseudonym. */
  readonly who: string
  readonly action: string
  readonly resource: string
  readonly rule: string
}

interface Kind {
  readonly denial: Denial
  more: number
}

interface Window {
  readonly untilMs: number
  readonly kinds: Map<string, Kind>
  /** Refusals beyond the kinds. */
  others: number
}

/**
 * Commits refusals: the first of its kind at once, everything else of the same second as counts. However many resources,
 * actions or names are tried, a principal makes at most `2 * KINDS_MAX + 1` leaves a second.
 */
export class DenialLog {
  readonly #store: Pick<Store, 'commit' | 'keyedHash'>
  readonly #clock: Clock
  readonly #windows = new Map<string, Window>()
  #writing: Promise<unknown> = Promise.resolve()
  readonly #timer: Pick<Timer, 'every'>
  #stopTimer: (() => void) | undefined
  #isClosed = false

  constructor({
    store,
    clock,
    timer = systemTimer,
  }: {
    readonly store: Pick<Store, 'commit' | 'keyedHash'>
    readonly clock: Clock
    readonly timer?: Pick<Timer, 'every'> | undefined
  }) {
    this.#store = store
    this.#clock = clock
    this.#timer = timer
  }

  note(denial: Denial): void {
    // A store that is closed writes nothing more, and no timer may find it so.
    if (this.#isClosed) return
    const isCounted = this.#windows.has(denial.who) || this.#windows.size < PRINCIPALS_MAX
    const who = isCounted ? denial.who : SEVERAL
    const window = this.#windowOf(who)
    const name = JSON.stringify([denial.action, denial.resource, denial.rule])
    const kind = window.kinds.get(name)
    if (kind !== undefined) kind.more++
    else if (who === SEVERAL || window.kinds.size >= KINDS_MAX) window.others++
    else {
      window.kinds.set(name, { denial, more: 0 })
      this.#write(denial, 1)
    }
    this.#stopTimer ??= this.#timer.every(WINDOW_MS, () => this.#flush())
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#flush()
    await this.#writing
  }

  #windowOf(who: string): Window {
    const now = this.#clock.now()
    const known = this.#windows.get(who)
    if (known !== undefined && now < known.untilMs) return known
    if (known !== undefined) this.#end(who, known)
    const window = { untilMs: now + WINDOW_MS, kinds: new Map<string, Kind>(), others: 0 }
    this.#windows.set(who, window)
    return window
  }

  #flush(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    for (const [who, window] of this.#windows) this.#end(who, window)
  }

  #end(who: string, { kinds, others }: Window): void {
    this.#windows.delete(who)
    for (const { denial, more } of kinds.values()) if (more > 0) this.#write(denial, more)
    if (others > 0) this.#write({ who, action: SEVERAL, resource: SEVERAL, rule: SEVERAL }, others)
  }

  /** The answer is no whether this can be written or not. */
  #write(denial: Denial, count: number): void {
    const commit = this.#commit(denial, count).catch(() => undefined)
    this.#writing = Promise.all([this.#writing, commit])
  }

  async #commit({ who, action, resource, rule }: Denial, count: number): Promise<void> {
    const context = canonicalJson(
      { action, count, rule },
      { code: 'INTERNAL', what: 'the facts of a refusal' },
    )
    const facts = {
      actor: who,
      action: 'access.denied',
      resourceClass: 'access',
      ...(resource === SEVERAL
        ? {}
        : {
            resourceHash: this.#store.keyedHash({
              purpose: 'resource',
              label: 'access',
              value: utf8Encode(resource),
            }),
          }),
      context,
    }
    await this.#store.commit(() => ({ facts, operations: [] }))
  }
}
