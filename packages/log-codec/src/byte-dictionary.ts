import { asBuffer } from '@forgeone/common'
import { NATIVE_BYTES_MIN } from './same-bytes.ts'

const CAPACITY = 1024

/** Numbers byte strings in the order they first come. */
export class ByteDictionary {
  readonly values: Uint8Array[] = []
  #hashes: Int32Array = new Int32Array(CAPACITY)
  #slots: Int32Array = new Int32Array(CAPACITY * 2).fill(-1)

  /** The first string added that has the bytes from `start` to `end`: equal strings become one object. @param bytes borrowed: they must not change */
  intern(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const hash = hashBytes(bytes, start, end)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const id = this.#slots[slot]!
      if (id === -1) break
      if (this.#hashes[id] === hash && isRange(this.values[id]!, bytes, start, end)) return this.values[id]!
      slot = (slot + 1) & mask
    }
    const id = this.values.length
    const added = bytes.subarray(start, end)
    this.values.push(added)
    this.#slots[slot] = id
    if (id === this.#hashes.length) this.#grow(hash)
    this.#hashes[id] = hash
    return added
  }

  #grow(lastHash: number): void {
    const capacity = this.#hashes.length * 2
    const hashes = new Int32Array(capacity)
    hashes.set(this.#hashes)
    this.#hashes = hashes
    const last = this.values.length - 1
    hashes[last] = lastHash
    const mask = capacity * 2 - 1
    this.#slots = new Int32Array(capacity * 2).fill(-1)
    for (let id = 0; id <= last; id++) {
      let slot = hashes[id]! & mask
      while (this.#slots[slot] !== -1) slot = (slot + 1) & mask
      this.#slots[slot] = id
    }
  }
}

function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  hash ^= hash >>> 15
  return Math.imul(hash, 0x2c1b3c6d)
}

function isRange(value: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (value.length !== end - start) return false
  if (value.length >= NATIVE_BYTES_MIN) return asBuffer(value).equals(bytes.subarray(start, end))
  for (let at = 0; at < value.length; at++) if (value[at] !== bytes[start + at]) return false
  return true
}
