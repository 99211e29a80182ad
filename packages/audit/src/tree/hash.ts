import { hash } from 'node:crypto'

/** SHA-256, as RFC 6962 section 2.1 asks for. */
export const HASH_BYTES = 32

const LEAF_PREFIX = 0
const NODE_PREFIX = 1
const PAIR_BYTES = 2 * HASH_BYTES

// One buffer for every pair: filled and hashed in one go, so nothing else can see it half full.
const pairScratch = Buffer.alloc(1 + PAIR_BYTES, NODE_PREFIX)

/** MTH({}) of RFC 6962: the hash of nothing. */
export const EMPTY_ROOT: Uint8Array = new Uint8Array(hash('sha256', new Uint8Array(0), 'buffer'))

/** SHA-256(00 | entry). */
export function leafHash(entry: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(1 + entry.length)
  prefixed[0] = LEAF_PREFIX
  prefixed.set(entry, 1)
  return digestOf(prefixed)
}

/** SHA-256(01 | left | right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  pairScratch.set(left, 1)
  pairScratch.set(right, 1 + HASH_BYTES)
  return digestOf(pairScratch)
}

/** A place of one hash inside a longer buffer. */
export interface HashPlace {
  readonly buffer: Buffer
  readonly at: number
}

/** Hashes an entry that stands behind a free byte, which it sets: `prefixed` = any byte | entry. */
export function hashPrefixedLeafInto(prefixed: Buffer, target: HashPlace): void {
  prefixed[0] = LEAF_PREFIX
  writeDigest(prefixed, target.buffer, target.at)
}

/** Hashes two hashes that stand side by side. */
export function hashPairInto(pair: HashPlace, target: HashPlace): void {
  pair.buffer.copy(pairScratch, 1, pair.at, pair.at + PAIR_BYTES)
  writeDigest(pairScratch, target.buffer, target.at)
}

/** Hashes two hashes from two places. The target may be one of them. */
export function hashApartInto(left: HashPlace, right: HashPlace, target: HashPlace): void {
  left.buffer.copy(pairScratch, 1, left.at, left.at + HASH_BYTES)
  right.buffer.copy(pairScratch, 1 + HASH_BYTES, right.at, right.at + HASH_BYTES)
  writeDigest(pairScratch, target.buffer, target.at)
}

export function equalHashes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && Buffer.compare(left, right) === 0
}

// A digest as a Latin-1 string is made in 0.3 µs, as a Buffer in 0.8 µs: allocating memory outside the heap is what costs.
function writeDigest(input: Buffer, target: Buffer, at: number): void {
  target.write(hash('sha256', input, 'binary'), at, HASH_BYTES, 'latin1')
}

function digestOf(input: Uint8Array): Uint8Array {
  const digest = new Uint8Array(HASH_BYTES)
  Buffer.from(digest.buffer).write(hash('sha256', input, 'binary'), 0, HASH_BYTES, 'latin1')
  return digest
}
