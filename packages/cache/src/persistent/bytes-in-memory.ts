/** A record in memory takes about twice its encoded bytes, and never less than this. */
const MEMORY_FACTOR = 2
const MEMORY_RECORD_BYTES_MIN = 256

export function bytesInMemory(encodedBytes: number): number {
  return Math.max(MEMORY_RECORD_BYTES_MIN, MEMORY_FACTOR * encodedBytes)
}
