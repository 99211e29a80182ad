import { equalHashes, HASH_BYTES, nodeHash } from './hash.ts'

/** One more would prove a tree beyond 2^63 leaves. */
export const PROOF_HASHES_MAX = 63

export interface InclusionClaim {
  readonly index: number
  readonly size: number
  readonly leaf: Uint8Array
  readonly hashes: readonly Uint8Array[]
  readonly root: Uint8Array
}

/** RFC 9162 section 2.1.3.2, which reads a proof of RFC 6962 section 2.1.1. Surplus, missing and misshapen hashes fail. */
export function verifyInclusion({ index, size, leaf, hashes, root }: InclusionClaim): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false
  if ([leaf, ...hashes].some((each) => each.length !== HASH_BYTES)) return false
  let place = index
  let last = size - 1
  let hash = leaf
  for (const beside of hashes) {
    if (last === 0) return false
    if (place % 2 === 1 || place === last) {
      hash = nodeHash(beside, hash)
      while (place % 2 === 0 && place !== 0) {
        place /= 2
        last = Math.floor(last / 2)
      }
    } else hash = nodeHash(hash, beside)
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equalHashes(hash, root)
}
