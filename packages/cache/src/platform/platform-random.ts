import type { Random } from '@forgeone/common'

/** Randomness of the platform: Web Crypto, which Node and browsers have. */
export const platformRandom: Random = {
  bytes: (length) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
}

/** @returns a fast repeatable stream of numbers at or above 0 and below 1 (xorshift32); never for keys */
export function fractions(seed: number): () => number {
  let state = seed | 0 || 0x9e3779b9
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 0x1_0000_0000
  }
}

export function randomInt32(random: Random): number {
  const bytes = random.bytes(4)
  return bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)
}
