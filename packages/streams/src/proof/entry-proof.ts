import type { RunPlace } from '../block/run-proof.ts'
import type { Position } from '../entry/position.ts'

/** Shows that an entry belongs to a commit: from its run to the root that the receipt of its append names. */
export interface EntryProof {
  readonly id: string
  readonly position: Position
  readonly commitSequence: number
  /** What the entries of one topic in the commit are hashed with. */
  readonly run: RunPlace
  /** All entries of the run, in its order: their content is what `runHash` is computed from. */
  readonly ids: readonly string[]
  readonly runHash: Uint8Array
  /** What `runHash` is of, behind the leaf prefix 00: place and columns of the run, as `docs/format.md` lays them out. */
  readonly content: Uint8Array
  /** Place of the run among the `size` leaves of the commit's tree. */
  readonly index: number
  readonly size: number
  /** RFC 6962 audit path from the run to the root. */
  readonly path: readonly Uint8Array[]
  readonly root: Uint8Array
}
