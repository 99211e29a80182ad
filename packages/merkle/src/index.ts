export {
  EMPTY_ROOT,
  equalHashes,
  HASH_BYTES,
  hashPairInto,
  hashPrefixedLeafInto,
  leafHash,
  leafHashOfParts,
  nodeHash,
  sha256,
  type HashPlace,
} from './hash.ts'
export { CompactRange, type TileHashListener } from './compact-range.ts'
export { auditPath, treeRoot } from './tree-root.ts'
export {
  consistencyRanges,
  hashOfRange,
  inclusionRanges,
  nodesOfRange,
  type LeafRange,
  type NodeId,
} from './proof-plan.ts'
export { PROOF_HASHES_MAX, verifyInclusion, type InclusionClaim } from './verify-inclusion.ts'
export { verifyConsistencyProof, type ConsistencyClaim } from './verify-consistency-proof.ts'
