/** Small trees whose leaf hashes are all at hand. */
import { EMPTY_ROOT, nodeHash } from './hash.ts'
import { inclusionRanges, largestPowerBelow } from './proof-plan.ts'

/** MTH(D[n]) of RFC 6962 section 2.1 from the hashes of the leaves. One leaf gives its hash as it is, not a copy. */
export function treeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return EMPTY_ROOT.slice()
  if (leaves.length === 1) return leaves[0]!
  const middle = largestPowerBelow(leaves.length)
  return nodeHash(treeRoot(leaves.slice(0, middle)), treeRoot(leaves.slice(middle)))
}

/** PATH(index, D[n]) of RFC 6962 section 2.1.1 from the hashes of the leaves, the leaf's sibling first. */
export function auditPath(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  return inclusionRanges({ index, size: leaves.length }).map(({ start, end }) =>
    treeRoot(leaves.slice(start, end)),
  )
}
