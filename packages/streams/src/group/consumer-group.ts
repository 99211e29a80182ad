import { eventLoopTurn, ForgeError, type Clock, isBytes } from '@forgeone/common'
import type { EventMessage } from '../entry/entry.ts'
import { comparePositions, type Position } from '../entry/position.ts'
import { storedEvent } from '../upcast/upcast-event.ts'
import type { Delivery, Taker } from './delivery.ts'
import { deliverAt } from './deliver-after.ts'
import type { GroupDefinition } from './group-definition.ts'
import type { GroupCommits } from './group-commits.ts'
import { GroupReader } from './group-reader.ts'
import {
  IN_FLIGHT_MAX,
  READ_AHEAD_BATCHES,
  READ_AHEAD_BYTES,
  READ_AHEAD_MAX,
  READ_AHEAD_MIN,
  WAITING_MAX,
} from './group-limits.ts'
import type { GroupLedger } from './group-ledger.ts'
import type { GroupTopics } from './group-topics.ts'
import type { EventSource } from './lane-reader.ts'
import { newLease, type Lease } from './lease.ts'
import { isLeaseThere, PreparedLeases } from './prepared-leases.ts'
import type { Settlement } from './settlement.ts'

interface Request {
  readonly taker: Taker
  readonly max: number
  /** Otherwise it is answered with nothing when there is nothing now. */
  readonly isPatient: boolean
  readonly resolve: (deliveries: readonly Delivery[]) => void
  readonly reject: (cause: unknown) => void
}

export interface ConsumerGroupOptions {
  readonly definition: GroupDefinition
  readonly source: EventSource
  readonly topics: GroupTopics
  readonly ledger: GroupLedger
  readonly commits: GroupCommits
  readonly clock: Clock
  readonly settlement: (onWork: () => void) => Settlement
  /** What was handed out and not settled when the stream was closed or its process ended. */
  readonly waiting: readonly Lease[]
}

/**
 * One group of consumers while its stream is open: reads ahead, writes down what is handed out before it is, and
 * shares the entries among all who ask. Every entry between is a lease.
 */
export class ConsumerGroup {
  readonly settlement: Settlement
  readonly ledger: GroupLedger
  readonly topics: GroupTopics
  readonly #options: ConsumerGroupOptions
  #definition: GroupDefinition
  #reader: GroupReader
  readonly #prepared: PreparedLeases
  #requests: Request[] = []
  #takers = 0
  /** How many first deliveries to prepare before somebody asks. */
  #readAhead = 0
  #readAheadMax = READ_AHEAD_MAX
  /** Grows with each seek: what was read before one is dropped. */
  #epoch = 0
  #pump: Promise<void> | undefined
  #isStale = false
  #closed: ForgeError | undefined

  constructor(options: ConsumerGroupOptions) {
    this.#options = options
    this.#definition = options.definition
    this.ledger = options.ledger
    this.topics = options.topics
    this.#prepared = new PreparedLeases({
      source: options.source,
      onGone: (lease) => this.#dropTrimmed(lease),
    })
    this.#reader = this.#newReader()
    this.settlement = options.settlement(() => this.wake())
    for (const lease of options.waiting) this.settlement.hold(lease, lease.dueMs)
  }

  get definition(): GroupDefinition {
    return this.#definition
  }

  /** The last place below which every entry is settled. */
  get floor(): Position {
    let floor = this.ledger.cursors.reduce((least, cursor) => (isBelow(cursor, least) ? cursor : least))
    for (const { position } of this.ledger.unsettled()) if (isBelow(position, floor)) floor = position
    return floor
  }

  join(): void {
    this.#takers++
  }

  leave(taker: Taker): void {
    this.#takers--
    for (const request of this.#requests.filter((one) => one.taker === taker)) request.resolve([])
    this.#requests = this.#requests.filter((one) => one.taker !== taker)
  }

  /** Settles when there is at least one delivery; with none when the taker left, or does not wait. */
  async take(taker: Taker, max: number, isPatient: boolean): Promise<readonly Delivery[]> {
    if (this.#closed !== undefined) throw this.#closed
    this.ledger.assertUsable()
    // Read ahead, an entry that becomes urgent meanwhile would come late.
    if (this.#definition.order === 'log')
      this.#readAhead = Math.min(Math.max(READ_AHEAD_BATCHES * max, READ_AHEAD_MIN), this.#readAheadMax)
    return await new Promise((resolve, reject) => {
      this.#requests.push({ taker, max, isPatient, resolve, reject })
      this.wake()
      if (this.#pump === undefined && this.#prepared.isCompared) this.#dismiss()
    })
  }

  /** Looks for work: something was appended, settled, due or asked for. */
  wake(): void {
    if (this.#closed !== undefined || this.#definition.paused) return
    this.#isStale = true
    this.#serve()
    if (this.#pump !== undefined && this.#demand > 0) this.#options.commits.hurry()
    if (this.#pump !== undefined || !this.#wantsMore()) return
    this.#pump = this.#run()
    void this.#pump.then(() => {
      this.#pump = undefined
      // Called between the last look and here, it found a pump that had stopped looking.
      if (this.#isStale) this.wake()
    })
  }

  /** Lets go of what was removed from the log and waits, so that it is neither counted nor handed out. */
  async forgetRemoved(): Promise<void> {
    if (this.#closed !== undefined || this.ledger.isFailed) return
    await this.#prepared.compare()
    const gone = new Set<Lease>()
    for (const lease of this.settlement.waitingLeases()) {
      if (!(await isLeaseThere(lease, this.#options.source))) gone.add(lease)
      await eventLoopTurn.giveWay()
    }
    for (const lease of this.settlement.forgetWaiting(gone)) this.ledger.settle(lease)
    if (gone.size > 0) await this.#options.commits.write(this.ledger, 'relaxed').catch(() => undefined)
    this.wake()
  }

  /** Reads events that leases lack. */
  async fetch(leases: readonly Lease[]): Promise<void> {
    await this.#reader.fetch(leases)
  }

  redefine(definition: GroupDefinition): void {
    this.#definition = definition
    this.wake()
  }

  /** Goes on after another place; deliveries that are out expire. Durable when it settles. */
  async seek(position: Position): Promise<void> {
    this.#epoch++
    this.ledger.assertUsable()
    this.ledger.reset(this.ledger.cursors.map(() => position))
    this.#prepared.takeAll()
    this.#reader = this.#newReader()
    this.settlement.clear()
    const written = this.#options.commits.write(this.ledger, 'sync')
    await written
    this.wake()
  }

  /** Ends every wait; what was prepared and not handed out counts no attempt. */
  async close(): Promise<void> {
    if (this.#closed !== undefined) return
    this.#closed = new ForgeError('STORE_CLOSED', 'the store is closed')
    for (const request of this.#requests.splice(0)) request.resolve([])
    this.#options.commits.hurry()
    await this.#pump
    this.settlement.stop()
    const prepared = this.#prepared.takeAll()
    if (prepared.length === 0 || this.ledger.isFailed) return
    for (const lease of prepared) {
      lease.attempts--
      this.ledger.postpone(lease, this.#options.clock.now())
    }
    await this.#options.commits.write(this.ledger, 'relaxed').catch(() => undefined)
  }

  /** Forgets without writing: the group is removed. */
  abandon(reason: ForgeError): void {
    this.#closed = reason
    this.#epoch++
    this.#rejectAll(reason)
    this.settlement.clear()
    this.settlement.stop()
    this.ledger.fail(reason)
  }

  #newReader(): GroupReader {
    const { source, topics, ledger, definition } = this.#options
    return new GroupReader({ source, topics, order: definition.order, cursors: ledger.cursors })
  }

  get #demand(): number {
    let demand = 0
    for (const { taker, max } of this.#requests) demand += Math.min(max, taker.maxInFlight - taker.inFlight)
    return demand
  }

  #wantsMore(): boolean {
    return this.#takers > 0 && (this.#demand > 0 || this.#prepared.ready <= this.#readAhead / 2)
  }

  async #run(): Promise<void> {
    try {
      while (this.#isStale && this.#closed === undefined) {
        this.#isStale = false
        while (await this.#round()) {
          await this.#prepared.compare()
          this.#serve()
        }
      }
      await this.#prepared.compare()
      this.#serve()
      this.#dismiss()
    } catch (cause) {
      this.#isStale = false
      this.#rejectAll(cause)
    }
  }

  #rejectAll(cause: unknown): void {
    for (const request of this.#requests.splice(0)) request.reject(cause)
  }

  /** Nothing is there now: tells those who do not wait for more. */
  #dismiss(): void {
    for (const request of this.#requests) if (!request.isPatient) request.resolve([])
    this.#requests = this.#requests.filter(({ isPatient }) => isPatient)
  }

  /** Hands what is ready to those who wait for it, in the order they came. */
  #serve(): void {
    // What is due again goes before what comes for the first time, so that is fetched before more is handed out.
    if (!this.#prepared.isCompared) return this.#serveLater()
    const { retries, ready } = this.#prepared
    const isBlocked = retries === 0 && this.settlement.hasDue
    if (isBlocked || retries + ready === 0) return
    const still: Request[] = []
    for (const request of this.#requests) {
      const { taker, max } = request
      const room = Math.min(max, taker.maxInFlight - taker.inFlight)
      const leases = room > 0 ? this.#pick(room) : []
      if (leases.length === 0) still.push(request)
      else request.resolve(leases.map((lease) => this.settlement.handOver(lease, taker)))
    }
    this.#requests = still
  }

  /** Entries were removed from the log since these were prepared. */
  #serveLater(): void {
    this.#prepared.compare().then(
      () => {
        this.wake()
        if (this.#pump === undefined) this.#dismiss()
      },
      (cause: unknown) => this.#rejectAll(cause),
    )
  }

  #pick(count: number): readonly Lease[] {
    const retries = this.#prepared.takeRetries(count)
    if (retries.length === count || this.settlement.hasDue) return retries
    return [...retries, ...this.#prepared.takeReady(count - retries.length)]
  }

  /** Prepares the next deliveries. @returns false when there is nothing to do or to be had */
  async #round(): Promise<boolean> {
    if (this.#closed !== undefined || this.#definition.paused || this.#takers === 0) return false
    const demanded = this.#demand - this.#prepared.retries
    if (demanded > 0 && (await this.#takeRetries(demanded))) return true
    if (!this.#wantsMore()) return false
    const demand = demanded - this.#prepared.ready
    const count = Math.min(
      demand + this.#readAhead,
      IN_FLIGHT_MAX - this.ledger.outstanding,
      WAITING_MAX - this.settlement.waiting,
    )
    return count > 0 && (await this.#takeFirst(count))
  }

  async #takeRetries(count: number): Promise<boolean> {
    const due: Lease[] = []
    const spent: Lease[] = []
    const { maxDeliveries } = this.#requests[0]?.taker.policy ?? this.#definition
    while (due.length < count) {
      const taken = this.settlement.takeDue(maxDeliveries)
      if (taken === undefined) break
      if (taken.isSpent) spent.push(taken.lease)
      else due.push(taken.lease)
    }
    if (due.length + spent.length === 0) return false
    const epoch = this.#epoch
    for (const lease of [...due, ...spent])
      if (!(await isLeaseThere(lease, this.#options.source))) lease.event = undefined
    await this.#reader.fetch([...due, ...spent])
    if (epoch !== this.#epoch) return true
    const now = this.#options.clock.now()
    for (const lease of [...due, ...spent]) if (lease.event === undefined) this.#dropTrimmed(lease)
    const found = due.filter((lease) => lease.event !== undefined)
    for (const lease of found) this.ledger.handOutAgain(lease, now)
    for (const lease of spent) if (lease.event !== undefined) void this.settlement.buryWaiting(lease)
    await this.#writeHandOut(found, 'relaxed')
    if (epoch !== this.#epoch) return true
    for (const lease of found) lease.state = 'ready'
    this.#prepared.addRetries(found)
    return true
  }

  /** Writes down what is to be handed out; what could not be written waits, and counts no attempt. */
  async #writeHandOut(leases: readonly Lease[], urgency: 'relaxed' | 'lazy'): Promise<void> {
    const epoch = this.#epoch
    try {
      await this.#options.commits.write(this.ledger, urgency)
    } catch (cause) {
      if (this.ledger.isFailed || epoch !== this.#epoch) throw cause
      const { clock } = this.#options
      for (const lease of leases) {
        lease.attempts--
        this.ledger.postpone(lease, clock.now())
        this.settlement.hold(lease, clock.monotonicMs())
      }
      throw cause
    }
  }

  /** An entry that is in the log no more has nothing to hand out. */
  #dropTrimmed(lease: Lease): void {
    lease.state = 'gone'
    this.ledger.settle(lease)
  }

  async #takeFirst(count: number): Promise<boolean> {
    const epoch = this.#epoch
    const reader = this.#reader
    const taken = await reader.take(count)
    if (epoch !== this.#epoch) return true
    // Closed meanwhile: a lazy write begun now would wait for a hurry that is past. The ledger has not moved, so the
    // entries are read again when the group is opened again.
    if (taken.length === 0 || this.#closed !== undefined) return false
    const roughBytes = roughSize(taken[0]!.event)
    this.#readAheadMax = Math.min(READ_AHEAD_MAX, Math.ceil(READ_AHEAD_BYTES / roughBytes))
    const { clock } = this.#options
    const now = clock.now()
    const ready: Lease[] = []
    for (const { event, position, readAt } of taken) {
      const lease = newLease(position, event, readAt)
      const dueAt = deliverAt(event, now)
      if (dueAt > now) {
        this.ledger.postpone(lease, dueAt)
        this.settlement.hold(lease, clock.monotonicMs() + dueAt - now)
      } else {
        this.ledger.handOutFirst(lease)
        ready.push(lease)
      }
    }
    this.ledger.moveTo(reader.cursors)
    // Nobody waits for what is read ahead: it goes with the next acks, unless somebody asks before.
    await this.#writeHandOut(ready, this.#demand > 0 ? 'relaxed' : 'lazy')
    if (epoch === this.#epoch) this.#prepared.addReady(ready)
    return true
  }
}

function isBelow(left: Position, right: Position): boolean {
  return comparePositions(left, right) < 0
}

/** What an event takes, about; measured for one of many. As stored: an upcast may throw, and what was read be lost. */
function roughSize(event: EventMessage): number {
  const { payload } = storedEvent(event)
  return Math.max(1, isBytes(payload) ? payload.length : JSON.stringify(payload).length)
}
