import { sha256 } from '@noble/hashes/sha2.js'

/** As that of Node.js, in JavaScript alone: for browsers, which have a SHA-256 of their own only behind a promise. */
export function sha256Into(input: Uint8Array, target: Uint8Array, at: number): void {
  target.set(sha256(input), at)
}
