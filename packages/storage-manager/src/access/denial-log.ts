import { canonicalJson, utf8Encode, type Clock } from '@forgeone/common'
import type { Store } from '@forgeone/engine'

/** Equal refusals within this time are one leaf with a count: who knocks a thousand times fills no log. */
const MERGE_MS = 1000
/** Different refusals that are counted at once. */
const OPEN_MAX = 10_000

export interface Denial {
  /** Pseudonym. */
  readonly who: string
  readonly action: string
  readonly resource: string
  readonly rule: string
}

interface Counted extends Denial {
  readonly untilMs: number
  more: number
}

/** Commits refusals: the first of its kind at once, equal ones of the same second as a count. */
export class DenialLog {
  readonly #store: Store
  readonly #clock: Clock
  readonly #open = new Map<string, Counted>()
  #writing: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
    this.#store = store
    this.#clock = clock
  }

  note(denial: Denial): void {
    const name = `${denial.who} ${denial.action} ${denial.resource} ${denial.rule}`
    const now = this.#clock.now()
    const counted = this.#open.get(name)
    if (counted !== undefined && now < counted.untilMs) {
      counted.more++
      return
    }
    if (this.#open.size >= OPEN_MAX) this.#flush()
    this.#open.set(name, { ...denial, untilMs: now + MERGE_MS, more: 0 })
    this.#write(denial, 1)
    this.#timer ??= setTimeout(() => this.#flush(), MERGE_MS).unref()
  }

  async close(): Promise<void> {
    this.#flush()
    await this.#writing
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const counted of this.#open.values()) if (counted.more > 0) this.#write(counted, counted.more)
    this.#open.clear()
  }

  /** The answer is no whether this can be written or not. */
  #write({ who, action, resource, rule }: Denial, count: number): void {
    const context = canonicalJson(
      { action, count, rule },
      { code: 'INTERNAL', what: 'the facts of a refusal' },
    )
    const resourceHash = this.#store.keyedHash('resource', utf8Encode(resource))
    const facts = { actor: who, action: 'access.denied', resourceClass: 'access', resourceHash, context }
    const commit = this.#store.commit(() => ({ facts, operations: [] })).catch(() => undefined)
    this.#writing = Promise.all([this.#writing, commit])
  }
}
