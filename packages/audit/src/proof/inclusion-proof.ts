/** Leads from a leaf to the root of the first `size` leaves. */
export interface InclusionProof {
  readonly index: number
  readonly size: number
  /** From the leaf's sibling up. */
  readonly hashes: readonly Uint8Array[]
}
