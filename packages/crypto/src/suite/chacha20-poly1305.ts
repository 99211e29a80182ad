import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import { openWith, sealWith, TAG_BYTES } from './node-aead.ts'
import { HEADER_BYTES, type SynchronousSuite } from './suite.ts'

const NAME = 'chacha20-poly1305'
const NONCE_BYTES = 12
const OPTIONS = { authTagLength: TAG_BYTES } as const

// RFC 8439 with random 96-bit nonces: the same birthday bound as GCM.
const SEALS_MAX = 2 ** 31

/** Suite 0x02. */
export const chaCha20Poly1305: SynchronousSuite = {
  id: 0x02,
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
