import type { Refusal } from '../format/refusal.ts'
import type { LeafFacts } from '../leaf/parse-leaf.ts'
import type { SeenWitness } from '../policy/verify-checkpoint.ts'

/** The receipt proves its leaf. */
export interface ReceiptAccepted {
  readonly ok: true
  /** What the leaf says; undefined for a leaf of a foreign log. */
  readonly leaf: LeafFacts | undefined
  readonly origin: string
  readonly index: number
  /** Leaves of the tree that the checkpoint is about. */
  readonly size: number
  readonly witnesses: readonly SeenWitness[]
  /**
   * What the entry part is about, shown to belong to the commit: the bytes of a run of entries, which `readRunContent`
   * of `@forgeone/streams` reads (layout in `docs/format.md`). Absent without entry part, and where that has a hash alone.
   */
  readonly entryContent?: Uint8Array
}

/** One checkpoint continues the other. */
export interface ConsistencyAccepted {
  readonly ok: true
  readonly origin: string
  readonly olderSize: number
  readonly size: number
  readonly witnesses: readonly SeenWitness[]
}

/** The answer of the verifier about a receipt. */
export type Verdict = ReceiptAccepted | Refusal

/** The answer of the verifier about two checkpoints. */
export type ConsistencyVerdict = ConsistencyAccepted | Refusal
