import { ForgeError } from '@forgeone/common'
import { presentSeat, type Operation } from '@forgeone/engine'
import type { PlanChanges } from '../append/plan-changes.ts'
import type { Receipt } from '../append/receipt.ts'
import { comparePositions } from '../entry/position.ts'
import type { EntryRow } from '../entry/validate.ts'
import { isLater } from '../read/soon.ts'
import { weighedBytes } from './checked-operations.ts'
import { backoffMs } from './backoff.ts'
import { deadLetterRow } from './dead-letter.ts'
import { Delivery, type AckOptions, type DeliverySettler, type NackOptions, type Taker } from './delivery.ts'
import { DueQueue } from './due-queue.ts'
import {
  ACK_TIMEOUT_MS_MAX,
  BACKOFF_MS_MAX,
  DELIVER_AFTER_MS_MAX,
  WAITING_EVENTS_MAX,
} from './group-limits.ts'
import { operationsWithAck, rowsWithAck } from './ack-content.ts'
import { checkedAck, checkedMilliseconds, checkedNack } from './group-options.ts'
import type { Lease } from './lease.ts'
import { isLeaseThere } from './prepared-leases.ts'
import type { SettlementOptions } from './settlement-options.ts'

/** Deliveries that are out, and entries that wait: what ends a delivery, and when. */
export class Settlement implements DeliverySettler {
  readonly #options: SettlementOptions
  /** Entries that are out, or whose end is being written; without a delivery when nobody holds them any more. */
  readonly #out = new Map<Lease, Delivery | undefined>()
  readonly #waiting = new DueQueue()
  #stopTimer: (() => void) | undefined
  #timerAtMs = Number.POSITIVE_INFINITY

  constructor(options: SettlementOptions) {
    this.#options = options
  }

  get inFlight(): number {
    return this.#out.size
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Whether an entry waits that may be handed out. */
  get hasDue(): boolean {
    return (this.#waiting.firstMs ?? Number.POSITIVE_INFINITY) <= this.#options.clock.monotonicMs()
  }

  /** In the order of the log, so that each block is read once. */
  waitingLeases(): readonly Lease[] {
    return this.#waiting.leases().toSorted((left, right) => comparePositions(left.position, right.position))
  }

  /** @returns those that waited still */
  forgetWaiting(leases: ReadonlySet<Lease>): readonly Lease[] {
    const gone = this.#waiting.delete(leases)
    for (const lease of gone) lease.state = 'gone'
    return gone
  }

  handOver(lease: Lease, taker: Taker): Delivery {
    lease.state = 'out'
    lease.dueMs = this.#options.clock.monotonicMs() + taker.policy.ackTimeoutMs
    taker.inFlight++
    const delivery = new Delivery({ lease, entry: lease.event!, taker, settler: this })
    this.#out.set(lease, delivery)
    this.#arm(lease.dueMs)
    return delivery
  }

  /** Lets an entry wait; its row is written by whoever calls. */
  hold(lease: Lease, dueMs: number): void {
    lease.state = 'waiting'
    lease.dueMs = dueMs
    if (this.#waiting.size >= WAITING_EVENTS_MAX) lease.event = undefined
    this.#waiting.add(lease)
    this.#arm(dueMs)
  }

  /** The next entry that is due and may be handed out again; those that may not become dead letters. */
  takeDue(maxDeliveries: number): { readonly lease: Lease; readonly isSpent: boolean } | undefined {
    const lease = this.#waiting.takeDue(this.#options.clock.monotonicMs())
    return lease === undefined ? undefined : { lease, isSpent: lease.attempts >= maxDeliveries }
  }

  async ack(delivery: Delivery, given: AckOptions): Promise<Receipt | undefined> {
    const options = checkedAck(given)
    const { ledger } = this.#options
    const rows = rowsWithAck(options, this.#options.clock.now())
    const lease = this.#claim(delivery)
    const operations = operationsWithAck(options, this.#options.checkInStore)
    delivery.outcome = 'settled'
    try {
      const isShared = rows.length + operations.length > 0 || presentSeat() !== undefined
      if (isShared) return await this.#endWith(lease, rows, operations)
      this.#end(lease)
      ledger.settle(lease)
      await this.#write('sync', [lease])
      return undefined
    } finally {
      this.#free(delivery)
    }
  }

  /** Acks those that are open; the others ended otherwise. */
  async ackAll(deliveries: readonly Delivery[]): Promise<void> {
    const { ledger } = this.#options
    ledger.assertUsable()
    const ended: Lease[] = []
    for (const delivery of deliveries) {
      if (!delivery.isOpen) continue
      delivery.outcome = 'settled'
      this.#end(delivery.lease)
      ledger.settle(delivery.lease)
      ended.push(delivery.lease)
    }
    if (ended.length === 0) return
    const { taker } = deliveries[0]!
    try {
      await this.#write('sync', ended)
    } finally {
      taker.inFlight -= ended.length
      this.#options.onWork()
    }
  }

  async nack(delivery: Delivery, options: NackOptions): Promise<void> {
    const { delayMs, reason } = checkedNack(options)
    if (delayMs !== undefined) checkedMilliseconds(delayMs, 'delayMs', { min: 0, max: DELIVER_AFTER_MS_MAX })
    const lease = this.#claim(delivery)
    if (reason !== undefined) lease.reason = reason
    else lease.reason ||= 'it was given back'
    const { policy } = delivery.taker
    delivery.outcome = 'settled'
    try {
      const isThere = await this.#lookFor(lease)
      if (lease.state === 'gone') return
      if (!isThere) await this.#forget(lease)
      else if (lease.attempts >= policy.maxDeliveries) await this.#bury(lease)
      else await this.#retry(lease, delayMs ?? backoffMs(policy.backoffMs, lease.attempts))
    } finally {
      this.#free(delivery)
    }
  }

  extend(delivery: Delivery, milliseconds: number): void {
    checkedMilliseconds(milliseconds, 'extend', { min: 1, max: ACK_TIMEOUT_MS_MAX })
    const lease = this.#claim(delivery)
    lease.dueMs = this.#options.clock.monotonicMs() + milliseconds
    this.#arm(lease.dueMs)
  }

  async deadLetter(delivery: Delivery, reason: string): Promise<void> {
    if (typeof reason !== 'string') throw new ForgeError('STREAM_VALUE_INVALID', 'the reason is not a text')
    const lease = this.#claim(delivery)
    lease.reason = reason
    delivery.outcome = 'settled'
    try {
      await this.#bury(lease)
    } finally {
      this.#free(delivery)
    }
  }

  /** An entry that was handed out too often without anybody settling it becomes a dead letter; else it waits on. */
  async buryWaiting(lease: Lease): Promise<void> {
    lease.reason ||= 'it was never settled'
    try {
      await this.#bury(lease)
    } catch {
      // Told by the attempt that fails for the same reason; here nobody waits.
    }
    if (lease.state === 'out') this.#postpone(lease, BACKOFF_MS_MAX)
  }

  /** Forgets everything: the group goes on elsewhere. Deliveries that are out expire. */
  clear(): void {
    for (const lease of this.#waiting.clear()) lease.state = 'gone'
    for (const [lease, delivery] of this.#out) {
      this.#end(lease)
      if (delivery?.isOpen === true) this.#expire(delivery)
    }
  }

  stop(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    this.#timerAtMs = Number.NEGATIVE_INFINITY
  }

  /** @throws STREAM_DELIVERY_EXPIRED, STREAM_DELIVERY_SETTLED, STORE_FAILED */
  #claim(delivery: Delivery): Lease {
    this.#options.ledger.assertUsable()
    if (delivery.outcome === 'expired') {
      throw new ForgeError(
        'STREAM_DELIVERY_EXPIRED',
        'the delivery was not settled in time, or its group moved',
      )
    }
    if (delivery.outcome === 'settled')
      throw new ForgeError('STREAM_DELIVERY_SETTLED', 'the delivery was settled before')
    return delivery.lease
  }

  /** Ends an entry together with events and rows. */
  async #endWith(
    lease: Lease,
    rows: readonly EntryRow[],
    operations: readonly Operation[],
  ): Promise<Receipt | undefined> {
    return await this.#endWithin(lease, async (end) => {
      const alongside = (changes: PlanChanges): readonly Operation[] => [...end(changes), ...operations]
      const alongsideBytes = weighedBytes(operations)
      if (rows.length > 0) return await this.#options.append(rows, { alongside, alongsideBytes })
      await this.#options.commits.writeWith(alongside)
      return undefined
    })
  }

  /** Ends an entry inside a commit of somebody else, which may still be refused: then the delivery is open again. */
  async #endWithin<Result>(
    lease: Lease,
    commit: (end: (changes: PlanChanges) => readonly Operation[]) => Promise<Result>,
  ): Promise<Result> {
    const { ledger } = this.#options
    const delivery = this.#out.get(lease)
    let isBuilt = false
    lease.state = 'settling'
    try {
      return await commit((changes) => {
        isBuilt = true
        changes.note(() => (isBuilt = false))
        if (lease.state === 'gone') return []
        this.#end(lease)
        changes.note(() => {
          lease.state = 'settling'
          this.#out.set(lease, delivery)
        })
        return ledger.settleWithin(lease, changes)
      })
    } catch (cause) {
      if (isBuilt) ledger.fail(cause)
      // The cast undoes what TypeScript concludes from the assignment above: a seek may have ended the entry.
      else if ((lease.state as Lease['state']) === 'gone') this.#expireIfAny(delivery)
      else {
        lease.state = 'out'
        if (delivery !== undefined) delivery.outcome = 'open'
        this.#arm(lease.dueMs)
      }
      throw cause
    }
  }

  async #retry(lease: Lease, delayMs: number): Promise<void> {
    this.#postpone(lease, delayMs)
    await this.#write('relaxed')
  }

  #postpone(lease: Lease, delayMs: number): void {
    const { clock, ledger, metrics } = this.#options
    this.#out.delete(lease)
    ledger.postpone(lease, clock.now() + delayMs)
    this.hold(lease, clock.monotonicMs() + delayMs)
    metrics.add('streams_group_redelivered_total')
  }

  async #bury(lease: Lease): Promise<void> {
    if (!this.#out.has(lease)) this.#out.set(lease, undefined)
    const isThere = await this.#lookFor(lease)
    if (lease.state === 'gone') return
    if (!isThere) return await this.#forget(lease)
    const { group, clock, append, metrics } = this.#options
    const { event, position, attempts, reason } = lease
    const row = deadLetterRow({ group, event: event!, position, attempts, reason }, clock.now())
    await this.#endWithin(lease, (end) => append([row], { alongside: end, alongsideBytes: 0 }))
    metrics.add('streams_group_dead_total')
  }

  /** Whether an entry is in the log still; its time does not run meanwhile. A seek may have ended it afterwards. */
  async #lookFor(lease: Lease): Promise<boolean> {
    const isThere = isLeaseThere(lease, this.#options.source)
    if (!isLater(isThere)) return isThere
    const { state } = lease
    lease.state = 'settling'
    try {
      return await isThere
    } finally {
      // The cast undoes what TypeScript concludes from the assignment above.
      if ((lease.state as Lease['state']) === 'settling') lease.state = state
    }
  }

  /** What was removed from the log meanwhile comes neither again nor as a dead letter. */
  async #forget(lease: Lease): Promise<void> {
    this.#end(lease)
    this.#options.ledger.settle(lease)
    await this.#write('relaxed')
  }

  #end(lease: Lease): void {
    lease.state = 'gone'
    this.#out.delete(lease)
  }

  /** @param ended entries that come back when their end could not be written */
  async #write(durability: 'sync' | 'relaxed', ended: readonly Lease[] = []): Promise<void> {
    const { ledger, commits, clock } = this.#options
    try {
      await commits.write(ledger, durability)
      // What one commit could not delete goes with the next.
      if (ledger.hasLeftovers) commits.write(ledger, 'relaxed').catch(() => undefined)
    } catch (cause) {
      for (const lease of ledger.isFailed ? [] : ended) {
        ledger.postpone(lease, clock.now())
        this.hold(lease, clock.monotonicMs())
      }
      throw cause
    }
  }

  #free(delivery: Delivery): void {
    // A refused ack leaves the delivery with its taker.
    if (delivery.isOpen) return
    delivery.taker.inFlight--
    this.#options.onWork()
  }

  #expireIfAny(delivery: Delivery | undefined): void {
    if (delivery !== undefined) delivery.outcome = 'expired'
  }

  #expire(delivery: Delivery): void {
    delivery.outcome = 'expired'
    delivery.taker.inFlight--
    delivery.taker.onExpired(delivery)
  }

  #arm(atMs: number): void {
    if (atMs >= this.#timerAtMs || this.#timerAtMs === Number.NEGATIVE_INFINITY) return
    const delayMs = Math.min(Math.max(1, atMs - this.#options.clock.monotonicMs()), ACK_TIMEOUT_MS_MAX)
    this.#stopTimer?.()
    this.#timerAtMs = atMs
    this.#stopTimer = this.#options.timer.after(Math.ceil(delayMs), () => this.#onTimer())
  }

  #onTimer(): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY
    this.#stopTimer = undefined
    const nowMs = this.#options.clock.monotonicMs()
    let nextMs = Number.POSITIVE_INFINITY
    let hasRetries = false
    for (const [lease, delivery] of this.#out) {
      if (lease.state !== 'out' || delivery === undefined) continue
      if (lease.dueMs > nowMs) nextMs = Math.min(nextMs, lease.dueMs)
      else hasRetries = this.#onTimeout(lease, delivery) || hasRetries
    }
    if (hasRetries) this.#write('relaxed').catch(() => undefined)
    const dueMs = this.#waiting.firstMs
    // What is due already waits for somebody to ask, not for time.
    if (dueMs !== undefined && dueMs > nowMs) nextMs = Math.min(nextMs, dueMs)
    if (nextMs !== Number.POSITIVE_INFINITY) this.#arm(nextMs)
    this.#options.onWork()
  }

  /** @returns whether a row is to be written */
  #onTimeout(lease: Lease, delivery: Delivery): boolean {
    this.#expire(delivery)
    this.#out.set(lease, undefined)
    lease.reason = `it was not settled within ${delivery.taker.policy.ackTimeoutMs} ms`
    const isThere = isLeaseThere(lease, this.#options.source)
    if (!isLater(isThere)) return this.#endTimedOut(lease, delivery.taker, isThere)
    void this.#endTimedOutLater(lease, delivery.taker, isThere)
    return false
  }

  /** Nobody holds it: only a seek takes it meanwhile. What cannot be told now is tried again. Never rejects. */
  async #endTimedOutLater(lease: Lease, taker: Taker, soon: Promise<boolean>): Promise<void> {
    const isThere = await soon.catch(() => true)
    if (lease.state === 'out' && this.#endTimedOut(lease, taker, isThere))
      this.#write('relaxed').catch(() => undefined)
    this.#options.onWork()
  }

  /** @returns whether a row is to be written */
  #endTimedOut(lease: Lease, { policy }: Taker, isThere: boolean): boolean {
    if (!isThere) {
      this.#end(lease)
      this.#options.ledger.settle(lease)
      return true
    }
    if (lease.attempts >= policy.maxDeliveries) {
      void this.buryWaiting(lease)
      return false
    }
    this.#postpone(lease, 0)
    return true
  }
}
