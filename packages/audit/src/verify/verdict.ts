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
