/** Hashes of contexts. They are part of the format: both sides must come to the same counters. */

/** Combines two 32-bit integers. */
export function mix(left: number, right: number): number {
  const hash = Math.imul(left ^ (left >>> 15), 0x85ebca6b) ^ Math.imul(right + 0x7f4a7c15, 0xc2b2ae35)
  return hash ^ (hash >>> 13)
}

/** An integer below 2^53 as 32 bits. */
export function hashNumber(value: number): number {
  return Math.imul(value | 0, 0x9e3779b1) ^ Math.imul(Math.floor(value / 0x1_0000_0000), 0x27d4eb2f)
}
