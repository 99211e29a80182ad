import { equalHashes, HASH_BYTES, nodeHash } from './hash.ts'

export interface ConsistencyClaim {
  readonly older: { readonly size: number; readonly root: Uint8Array }
  readonly newer: { readonly size: number; readonly root: Uint8Array }
  readonly hashes: readonly Uint8Array[]
}

/**
 * RFC 9162 section 2.1.4.2, which reads a proof of RFC 6962 section 2.1.2. An older tree without leaves fails: everything
 * is consistent with it, so nothing is shown. Surplus, missing and misshapen hashes fail.
 */
export function verifyConsistencyProof({ older, newer, hashes }: ConsistencyClaim): boolean {
  if (!Number.isSafeInteger(older.size) || !Number.isSafeInteger(newer.size)) return false
  if (older.size < 1 || older.size > newer.size) return false
  if (older.size === newer.size) return hashes.length === 0 && equalHashes(older.root, newer.root)
  if ([older.root, ...hashes].some((each) => each.length !== HASH_BYTES)) return false
  // The root of a perfect older tree is the first hash of the way up; the proof leaves it out.
  const path = isPowerOfTwo(older.size) ? [older.root, ...hashes] : hashes
  const [first, ...rest] = path
  if (first === undefined || hashes.length === 0) return false
  let place = older.size - 1
  let last = newer.size - 1
  while (place % 2 === 1) {
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  let olderHash = first
  let newerHash = first
  for (const beside of rest) {
    if (last === 0) return false
    if (place % 2 === 1 || place === last) {
      olderHash = nodeHash(beside, olderHash)
      newerHash = nodeHash(beside, newerHash)
      while (place % 2 === 0 && place !== 0) {
        place /= 2
        last = Math.floor(last / 2)
      }
    } else newerHash = nodeHash(newerHash, beside)
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equalHashes(olderHash, older.root) && equalHashes(newerHash, newer.root)
}

function isPowerOfTwo(count: number): boolean {
  let power = 1
  while (power < count) power *= 2
  return power === count
}
