import { assert } from '@forgeone/common'
import { createBLAKE3 } from 'hash-wasm'

/** A reusable BLAKE3 instance: created once (asynchronously), then synchronous. */
export interface Blake3 {
  /** Hash over the parts as if they were one byte string, 32 bytes. Parts are borrowed. */
  digest(...parts: Uint8Array[]): Uint8Array
  /** Forgets the key as far as JavaScript can; the instance must not be used afterwards. */
  wipe(): void
}

/** BLAKE3 keys are 32 bytes. */
const BLAKE3_KEY_BYTES = 32

/** Plain BLAKE3, for digests that are public. */
export async function createBlake3(): Promise<Blake3> {
  return wrap(await createBLAKE3(256), new Uint8Array(0))
}

/** Keyed BLAKE3: a message authentication code. `key` is borrowed and copied. */
export async function createKeyedBlake3(key: Uint8Array): Promise<Blake3> {
  assert(key.length === BLAKE3_KEY_BYTES, 'a BLAKE3 key has 32 bytes')
  // hash-wasm keeps the array it is given and reads it again at every init, so it gets its own copy.
  const own = Uint8Array.from(key)
  return wrap(await createBLAKE3(256, own), own)
}

function wrap(hasher: Awaited<ReturnType<typeof createBLAKE3>>, key: Uint8Array): Blake3 {
  return {
    digest: (...parts) => {
      hasher.init()
      for (const part of parts) hasher.update(part)
      return hasher.digest('binary')
    },
    wipe: () => {
      key.fill(0)
      // Overwrites the key words inside the instance's own memory.
      hasher.init()
    },
  }
}
