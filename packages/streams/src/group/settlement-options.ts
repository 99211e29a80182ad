import type { Clock, Metrics, Timer } from '@forgeone/common'
import type { Operation } from '@forgeone/engine'
import type { PlanChanges } from '../append/plan-changes.ts'
import type { Receipt } from '../append/receipt.ts'
import type { EntryRow } from '../entry/validate.ts'
import type { GroupCommits } from './group-commits.ts'
import type { GroupLedger } from './group-ledger.ts'
import type { EventSource } from './lane-reader.ts'

/** Appends events together with operations that are built in the same commit. */
export type AppendWith = (
  rows: readonly EntryRow[],
  o: {
    readonly alongside: (changes: PlanChanges) => readonly Operation[]
    readonly alongsideBytes: number
  },
) => Promise<Receipt>

export interface SettlementOptions {
  readonly group: string
  /** Throws what the store would refuse rows with. */
  readonly checkInStore: (operations: readonly Operation[]) => number
  readonly ledger: GroupLedger
  readonly source: Pick<EventSource, 'removals' | 'isThere'>
  readonly commits: GroupCommits
  readonly append: AppendWith
  readonly clock: Clock
  readonly timer: Pick<Timer, 'after'>
  readonly metrics: Metrics
  /** An entry is due, or a taker has room again. */
  readonly onWork: () => void
}
