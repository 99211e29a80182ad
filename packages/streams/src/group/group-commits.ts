import type { AuditFacts, Metrics } from '@forgeone/common'
import type { CommitContent, Operation, Store } from '@forgeone/engine'
import { PlanChanges } from '../append/plan-changes.ts'
import type { GroupLedger } from './group-ledger.ts'

/** Groups share a commit until they have so many rows together: far below what the engine takes at once. */
const OPERATIONS_ENOUGH = 10_000
/** The same for their states: one more may be a mebibyte. */
const STATE_BYTES_ENOUGH: number = 4 * 1024 * 1024

/**
 * `sync`: durable, in a commit at the end of this turn of the event loop, with all others of the turn. `relaxed`: safe
 * from a crash of the process, at once. `lazy`: the same, with the next commit, which may be long in coming.
 */
export type WriteUrgency = 'sync' | 'relaxed' | 'lazy'

interface Gathering {
  readonly ledgers: Set<GroupLedger>
  durability: 'sync' | 'relaxed'
  isUrgent: boolean
  readonly done: PromiseWithResolvers<void>
}

/**
 * Writes the progress of all groups of a stream: whatever gathers while one commit is being written goes into the
 * next, so that the acks of a thousand consumers cost as much as one.
 */
export class GroupCommits {
  readonly #store: Store
  readonly #metrics: Metrics
  readonly #facts: AuditFacts
  #gathering: Gathering | undefined
  #running: Promise<void> | undefined
  #isScheduled = false

  constructor(o: { readonly store: Store; readonly metrics: Metrics; readonly actor: string }) {
    this.#store = o.store
    this.#metrics = o.metrics
    this.#facts = { actor: o.actor, action: 'events.settle', resourceClass: 'groups' }
  }

  /**
   * Settles when everything the ledger holds now is stored. When it rejects, the ledger is of no use any more unless
   * nothing was built, or the store refused what was built, which is put back.
   */
  async write(ledger: GroupLedger, urgency: WriteUrgency): Promise<void> {
    ledger.assertUsable()
    const gathering = (this.#gathering ??= newGathering())
    gathering.ledgers.add(ledger)
    if (urgency === 'sync') gathering.durability = 'sync'
    if (urgency === 'relaxed') this.#hurry(gathering)
    else if (urgency === 'sync' && !this.#isScheduled) this.#schedule()
    await gathering.done.promise
  }

  /** Writes what gathers lazily: somebody waits for it by now. */
  hurry(): void {
    if (this.#gathering !== undefined) this.#hurry(this.#gathering)
  }

  /** One entry's end together with rows of somebody else, in a commit of its own, which may be part of a transaction. */
  async writeWith(operations: (changes: PlanChanges) => readonly Operation[]): Promise<void> {
    await this.#commit(operations, { durability: 'sync', joins: true, changes: new PlanChanges() })
  }

  /** Settles when nothing gathers and nothing is being written. */
  async drain(): Promise<void> {
    while (this.#gathering !== undefined || this.#running !== undefined) {
      this.#start()
      await this.#running
    }
  }

  #hurry(gathering: Gathering): void {
    // Acks of this turn write at its end: a commit before theirs would only be one more.
    if (gathering.isUrgent || this.#isScheduled) return
    gathering.isUrgent = true
    // A microtask later, so that groups woken by the same append share the commit.
    queueMicrotask(() => this.#start())
  }

  #schedule(): void {
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#start()
    })
  }

  #start(): void {
    const gathering = this.#gathering
    if (this.#running !== undefined || gathering === undefined) return
    this.#gathering = undefined
    this.#running = this.#write(gathering).then(gathering.done.resolve, gathering.done.reject)
    void this.#running.then(() => {
      this.#running = undefined
      const next = this.#gathering
      if (next?.isUrgent === true) this.#start()
      else if (next?.durability === 'sync' && !this.#isScheduled) this.#schedule()
    })
  }

  async #write({ ledgers, durability }: Gathering): Promise<void> {
    const parts = inParts(ledgers).map((part) => this.#writePart(part, durability))
    const outcomes = await Promise.allSettled(parts)
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  async #writePart(part: readonly GroupLedger[], durability: 'sync' | 'relaxed'): Promise<void> {
    let isBuilt = false
    const changes = new PlanChanges()
    try {
      await this.#commit(
        () => {
          isBuilt = true
          changes.note(() => (isBuilt = false))
          return part.flatMap((ledger) => ledger.operations(changes))
        },
        { durability, changes },
      )
    } catch (cause) {
      if (isBuilt) for (const ledger of part) ledger.fail(cause)
      throw cause
    }
  }

  async #commit(
    operations: (changes: PlanChanges) => readonly Operation[],
    {
      durability,
      joins = false,
      changes,
    }: {
      readonly durability: 'sync' | 'relaxed'
      readonly joins?: boolean
      readonly changes: PlanChanges
    },
  ): Promise<void> {
    const build = (): CommitContent => ({ facts: this.#facts, operations: operations(changes) })
    // A commit that is refused broke nothing: what was changed for it is put back before anybody looks.
    const onRefused = (): void => changes.undo()
    // Privileged: an ack frees work, and a full store must still get rid of it.
    await this.#store.commit(build, { durability, joins, privileged: true, onRefused })
    this.#metrics.add('streams_cursor_commits_total')
  }
}

function newGathering(): Gathering {
  const done = Promise.withResolvers<void>()
  // Who waits sees the rejection by an own promise.
  done.promise.catch(() => undefined)
  return { ledgers: new Set(), durability: 'relaxed', isUrgent: false, done }
}

/** Groups as they share commits. */
function inParts(ledgers: Iterable<GroupLedger>): readonly (readonly GroupLedger[])[] {
  const parts: GroupLedger[][] = [[]]
  let operations = 0
  let bytes = 0
  for (const ledger of ledgers) {
    if (operations > OPERATIONS_ENOUGH || bytes > STATE_BYTES_ENOUGH) {
      parts.push([])
      operations = 0
      bytes = 0
    }
    parts.at(-1)!.push(ledger)
    operations += ledger.operationCount
    bytes += ledger.stateBytesAtMost
  }
  return parts
}
