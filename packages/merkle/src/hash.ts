import { sha256Into } from '#sha256'

/** SHA-256, as RFC 6962 section 2.1 asks for. */
export const HASH_BYTES = 32

const LEAF_PREFIX = 0
const NODE_PREFIX = 1
const PAIR_BYTES = 2 * HASH_BYTES

// One array for every pair: filled and hashed in one go, so nothing else can see it half full.
const pairScratch = new Uint8Array(1 + PAIR_BYTES).fill(NODE_PREFIX)

/** MTH({}) of RFC 6962: the hash of nothing. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0))

/** SHA-256(00 | entry). */
export function leafHash(entry: Uint8Array): Uint8Array {
  return leafHashOfParts([entry])
}

/** The hash of an entry that comes in parts, which follow each other. */
export function leafHashOfParts(parts: readonly Uint8Array[]): Uint8Array {
  const prefixed = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 1))
  prefixed[0] = LEAF_PREFIX
  let at = 1
  for (const part of parts) {
    prefixed.set(part, at)
    at += part.length
  }
  return sha256(prefixed)
}

/** SHA-256(01 | left | right). Both are hashes: {@link HASH_BYTES} long. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  pairScratch.set(left, 1)
  pairScratch.set(right, 1 + HASH_BYTES)
  return sha256(pairScratch)
}

/** A place of one hash inside a longer array. */
export interface HashPlace {
  readonly buffer: Uint8Array
  readonly at: number
}

/** Hashes an entry that stands behind a free byte, which it sets: `prefixed` = any byte | entry. */
export function hashPrefixedLeafInto(prefixed: Uint8Array, target: HashPlace): void {
  prefixed[0] = LEAF_PREFIX
  sha256Into(prefixed, target.buffer, target.at)
}

/** Hashes two hashes that stand side by side. */
export function hashPairInto(pair: HashPlace, target: HashPlace): void {
  pairScratch.set(pair.buffer.subarray(pair.at, pair.at + PAIR_BYTES), 1)
  sha256Into(pairScratch, target.buffer, target.at)
}

/** Hashes two hashes from two places. The target may be one of them. */
export function hashApartInto(left: HashPlace, right: HashPlace, target: HashPlace): void {
  pairScratch.set(left.buffer.subarray(left.at, left.at + HASH_BYTES), 1)
  pairScratch.set(right.buffer.subarray(right.at, right.at + HASH_BYTES), 1 + HASH_BYTES)
  sha256Into(pairScratch, target.buffer, target.at)
}

/** In variable time: hashes of a tree are no secrets. */
export function equalHashes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at])
}

/** The hash that everything here is made of. */
export function sha256(input: Uint8Array): Uint8Array {
  const digest = new Uint8Array(HASH_BYTES)
  sha256Into(input, digest, 0)
  return digest
}
