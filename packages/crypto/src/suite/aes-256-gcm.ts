import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import { openWith, sealWith, TAG_BYTES } from './node-aead.ts'
import { HEADER_BYTES, type SynchronousSuite } from './suite.ts'

const NAME = 'aes-256-gcm'
const NONCE_BYTES = 12
const OPTIONS = { authTagLength: TAG_BYTES } as const

// NIST SP 800-38D 8.3 allows 2^32 random nonces per key; half of it keeps collision odds near 2^-35.
const SEALS_MAX = 2 ** 31

/** Suite 0x01. */
export const aes256Gcm: SynchronousSuite = {
  id: 0x01,
  name: NAME,
  nonceBytes: NONCE_BYTES,
  tagBytes: TAG_BYTES,
  sealsMax: SEALS_MAX,
  createKey: (bytes) => {
    // A KeyObject, because a raw buffer is imported again at every call: 4x the time on small values.
    const key = createSecretKey(bytes)
    return {
      seal: (frame) => {
        const nonce = frame.out.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES)
        sealWith(createCipheriv(NAME, key, nonce, OPTIONS), frame, NONCE_BYTES)
      },
      open: (frame) => {
        const nonce = frame.sealed.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES)
        return openWith(createDecipheriv(NAME, key, nonce, OPTIONS), frame, NONCE_BYTES)
      },
      // A KeyObject cannot be overwritten; the holder drops its reference.
      wipe: () => {},
    }
  },
}
