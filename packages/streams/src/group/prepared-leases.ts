import { isLater, type Soon } from '../read/soon.ts'
import type { EventSource } from './lane-reader.ts'
import type { Lease } from './lease.ts'

/** No number of removals. */
const NOT_COMPARED = -1

/** Whether the event of a lease is in the log still. */
export function isLeaseThere(
  { readAt, position }: Lease,
  source: Pick<EventSource, 'removals' | 'isThere'>,
): Soon<boolean> {
  return readAt === source.removals() || source.isThere(position)
}

/**
 * Entries that are written down and free to be handed out, oldest first; retries before first deliveries. After a removal from the
 * log nothing is handed out until they were compared with it.
 */
export class PreparedLeases {
  readonly #source: Pick<EventSource, 'removals' | 'isThere'>
  /** Of an entry that was removed between reading and now. */
  readonly #onGone: (lease: Lease) => void
  #retries: Lease[] = []
  #ready: Lease[] = []
  /** Removals from the log that they were compared with. */
  #removals = NOT_COMPARED
  #comparing: Promise<void> | undefined

  constructor(o: {
    readonly source: Pick<EventSource, 'removals' | 'isThere'>
    readonly onGone: (lease: Lease) => void
  }) {
    this.#source = o.source
    this.#onGone = o.onGone
  }

  get retries(): number {
    return this.#retries.length
  }

  get ready(): number {
    return this.#ready.length
  }

  /** Whether they were compared with everything that was removed. */
  get isCompared(): boolean {
    if (this.#comparing !== undefined) return false
    return this.#isEmpty || this.#removals === this.#source.removals()
  }

  addRetries(leases: readonly Lease[]): void {
    this.#add(this.#retries, leases)
  }

  addReady(leases: readonly Lease[]): void {
    this.#add(this.#ready, leases)
  }

  takeRetries(count: number): readonly Lease[] {
    return this.#retries.splice(0, count)
  }

  takeReady(count: number): readonly Lease[] {
    return this.#ready.splice(0, count)
  }

  takeAll(): readonly Lease[] {
    return [...this.#retries.splice(0), ...this.#ready.splice(0)]
  }

  /** Drops whatever was removed between reading and now. */
  async compare(): Promise<void> {
    if (this.isCompared) return
    this.#comparing ??= this.#compareAll().finally(() => (this.#comparing = undefined))
    await this.#comparing
  }

  get #isEmpty(): boolean {
    return this.#retries.length + this.#ready.length === 0
  }

  async #compareAll(): Promise<void> {
    while (this.#removals !== this.#source.removals()) {
      const removals = this.#source.removals()
      this.#removals = removals
      const gone = new Set<Lease>()
      for (const lease of [...this.#retries, ...this.#ready]) {
        const isThere = isLeaseThere(lease, this.#source)
        if (isLater(isThere) ? await isThere : isThere) lease.readAt = removals
        else gone.add(lease)
      }
      // Meanwhile a seek or the closing may have taken them.
      for (const lease of [...this.#retries, ...this.#ready]) if (gone.has(lease)) this.#onGone(lease)
      this.#retries = this.#retries.filter((lease) => !gone.has(lease))
      this.#ready = this.#ready.filter((lease) => !gone.has(lease))
    }
  }

  #add(list: Lease[], leases: readonly Lease[]): void {
    if (this.#isEmpty) this.#removals = this.#source.removals()
    list.push(...leases)
    if (leases.some(({ readAt }) => readAt !== this.#removals)) this.#removals = NOT_COMPARED
  }
}
