import { ForgeError, isForgeError } from '@forgeone/common'
import type { Operation } from '@forgeone/engine'
import type { PlanChanges } from '../append/plan-changes.ts'
import type { Position } from '../entry/position.ts'
import { stateKey, waitingKey } from './group-keys.ts'
import { DELETES_MAX } from './group-limits.ts'
import { encodeGroupState, encodeSettled } from './group-state-row.ts'
import type { Lease } from './lease.ts'
import { encodeWaitingRow } from './waiting-row.ts'

/** What was found of a group when the stream was opened. */
export interface StoredLedger {
  readonly cursors: readonly Position[]
  readonly outstanding: readonly Lease[]
  readonly waitingFrom: number
  readonly waiting: readonly Lease[]
  /** Numbers of all state rows found. */
  readonly stateNumbers: readonly number[]
  /** Numbers of waiting rows that a seek made void. */
  readonly voidNumbers: readonly number[]
}

/**
 * What is stored of a group's progress, and the rows that bring the store up to it. Rows are written under growing
 * numbers and deleted, never overwritten (hazard H12). Methods change memory at once; whoever calls them sees to a
 * commit of `operations`.
 */
export class GroupLedger {
  readonly database: string
  readonly #groupId: number
  #cursors: readonly Position[]
  #waitingFrom: number
  /** Handed out once and told by the state row; all others not settled have a waiting row. */
  readonly #outstanding: Set<Lease>
  readonly #stateNumbers: number[]
  #nextState: number
  readonly #withRow: Map<number, Lease>
  #nextWaiting: number
  readonly #unwritten = new Map<number, Uint8Array>()
  readonly #deletable: number[]
  #failure: unknown

  constructor(o: { readonly database: string; readonly groupId: number; readonly stored: StoredLedger }) {
    const { stored } = o
    this.database = o.database
    this.#groupId = o.groupId
    this.#cursors = stored.cursors
    this.#waitingFrom = stored.waitingFrom
    this.#outstanding = new Set(stored.outstanding)
    this.#stateNumbers = [...stored.stateNumbers]
    this.#nextState = Math.max(0, ...stored.stateNumbers.slice(-1)) + 1
    this.#withRow = new Map(stored.waiting.map((lease) => [lease.row!, lease]))
    this.#deletable = [...stored.voidNumbers]
    this.#nextWaiting = stored.waitingFrom
    for (const number of [...this.#withRow.keys(), ...stored.voidNumbers])
      this.#nextWaiting = Math.max(this.#nextWaiting, number + 1)
  }

  get cursors(): readonly Position[] {
    return this.#cursors
  }

  /** Entries that the state row lists. */
  get outstanding(): number {
    return this.#outstanding.size
  }

  /** Everything read and not settled, in no order. */
  *unsettled(): Generator<Lease> {
    yield* this.#outstanding
    yield* this.#withRow.values()
  }

  /** Rows that the next commit of this group writes or deletes, about. */
  get operationCount(): number {
    return (
      1 + this.#stateNumbers.length + this.#unwritten.size + Math.min(this.#deletable.length, DELETES_MAX)
    )
  }

  /** A run of the state row takes 14 bytes at its widest. */
  get stateBytesAtMost(): number {
    return 64 + this.#outstanding.size * 14
  }

  /** More deletions are due than one commit takes. */
  get hasLeftovers(): boolean {
    return this.#deletable.length > 0
  }

  /** What was in memory may not be what is stored: nothing more is written. */
  fail(cause: unknown): void {
    this.#failure ??= cause
  }

  get isFailed(): boolean {
    return this.#failure !== undefined
  }

  /** @throws STORE_FAILED, or what the failed commit said */
  assertUsable(): void {
    if (this.#failure === undefined) return
    if (isForgeError(this.#failure)) throw this.#failure
    throw new ForgeError('STORE_FAILED', 'the state of the group could not be written', {
      cause: this.#failure,
    })
  }

  moveTo(cursors: readonly Position[], changes?: PlanChanges): void {
    const before = this.#cursors
    changes?.note(() => (this.#cursors = before))
    this.#cursors = cursors
  }

  handOutFirst(lease: Lease): void {
    lease.attempts = 1
    this.#outstanding.add(lease)
  }

  handOutAgain(lease: Lease, now: number): void {
    this.#forget(lease)
    lease.attempts++
    this.#writeRow(lease, now)
  }

  /** Keeps an entry for later: after a failed attempt, or before the first one. */
  postpone(lease: Lease, dueAt: number): void {
    this.#forget(lease)
    this.#writeRow(lease, dueAt)
  }

  settle(lease: Lease): void {
    this.#forget(lease)
  }

  /** Settles one entry with rows that can be part of any commit, however many such entries it settles. */
  settleWithin(lease: Lease, changes: PlanChanges): readonly Operation[] {
    const { database } = this
    const { row } = lease
    if (row !== undefined) {
      const unwritten = this.#unwritten.get(row)
      changes.note(() => {
        if (unwritten !== undefined) this.#unwritten.set(row, unwritten)
        this.#withRow.set(row, lease)
        lease.row = row
      })
      this.#unwritten.delete(row)
      this.#withRow.delete(row)
      lease.row = undefined
      return [{ type: 'delete', database, key: waitingKey(this.#groupId, row) }]
    }
    this.#outstanding.delete(lease)
    // The number stays used: none is ever written twice.
    const number = this.#nextState++
    this.#stateNumbers.push(number)
    changes.note(() => {
      this.#outstanding.add(lease)
      this.#stateNumbers.splice(this.#stateNumbers.indexOf(number), 1)
    })
    return [
      { type: 'put', database, key: stateKey(this.#groupId, number), value: encodeSettled(lease.position) },
    ]
  }

  /** Begins anew at other cursors; nothing is outstanding or waiting any more. */
  reset(cursors: readonly Position[]): void {
    this.#cursors = cursors
    this.#outstanding.clear()
    this.#unwritten.clear()
    for (const number of this.#withRow.keys()) this.#deletable.push(number)
    this.#withRow.clear()
    this.#waitingFrom = this.#nextWaiting
  }

  /** The rows that make the store agree; called when their commit is built, once for each. @param changes put back when it is refused */
  operations(changes?: PlanChanges): readonly Operation[] {
    if (this.isFailed) return []
    const { database } = this
    const id = this.#groupId
    const operations: Operation[] = []
    const outstanding = positionsOf(this.#outstanding)
    const value = encodeGroupState({ cursors: this.#cursors, waitingFrom: this.#waitingFrom, outstanding })
    const number = this.#nextState++
    operations.push({ type: 'put', database, key: stateKey(id, number), value })
    const oldNumbers = this.#stateNumbers.splice(0)
    for (const old of oldNumbers) operations.push({ type: 'delete', database, key: stateKey(id, old) })
    this.#stateNumbers.push(number)
    const unwritten = [...this.#unwritten]
    for (const [row, bytes] of unwritten)
      operations.push({ type: 'put', database, key: waitingKey(id, row), value: bytes })
    this.#unwritten.clear()
    const deleted = this.#deletable.splice(0, DELETES_MAX)
    for (const row of deleted) operations.push({ type: 'delete', database, key: waitingKey(id, row) })
    changes?.note(() => {
      this.#stateNumbers.splice(0, Infinity, ...oldNumbers)
      for (const [row, bytes] of unwritten) this.#unwritten.set(row, bytes)
      this.#deletable.unshift(...deleted)
    })
    return operations
  }

  #writeRow(lease: Lease, dueAt: number): void {
    const number = this.#nextWaiting++
    lease.row = number
    this.#withRow.set(number, lease)
    const { position, attempts } = lease
    this.#unwritten.set(number, encodeWaitingRow({ position, attempts, dueAt }))
  }

  #forget(lease: Lease): void {
    this.#outstanding.delete(lease)
    if (lease.row === undefined) return
    this.#withRow.delete(lease.row)
    // A row that no commit took along needs no deletion.
    if (!this.#unwritten.delete(lease.row)) this.#deletable.push(lease.row)
    lease.row = undefined
  }
}

function* positionsOf(leases: Iterable<Lease>): Generator<Position> {
  for (const { position } of leases) yield position
}
