import type { CommitPlace, Operation } from '@forgeone/engine'
import type { EntryRow } from '../entry/validate.ts'
import type { ExpectedVersion } from './expected-version.ts'
import type { PlanChanges } from './plan-changes.ts'
import type { ReceiptPart } from './receipt.ts'

/** One call of `append`: its entries become durable together or not at all. */
export interface AppendRequest {
  readonly rows: readonly EntryRow[]
  readonly bytes: number
  readonly expectedVersion?: ExpectedVersion | undefined
  /** Comes before the append is planned; what is thrown there, or by what it gives, refuses the append. */
  readonly askFirst?: Promise<() => void> | undefined
  /** Rows of the stream's own bookkeeping that belong to the same commit, such as an import's progress. */
  readonly alongside?: ((landed: LandedAppend, changes: PlanChanges) => readonly Operation[]) | undefined
}

/** Where an append lands, known while its commit is built. */
export interface LandedAppend {
  readonly place: CommitPlace
  readonly root: Uint8Array
  readonly parts: readonly ReceiptPart[]
  /** In the order in which the entries name their topics. */
  readonly versions: ReadonlyMap<string, number>
}
