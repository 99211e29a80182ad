import { hchacha } from '@noble/ciphers/chacha.js'
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { openWith, sealWith, TAG_BYTES } from './node-aead.ts'
import { HEADER_BYTES, type SynchronousSuite } from './suite.ts'

// draft-irtf-cfrg-xchacha-03 2.3: HChaCha20(key, nonce[0..16]) gives a subkey for ChaCha20-Poly1305, whose nonce is
// four zero bytes and nonce[16..24].
const INNER = 'chacha20-poly1305'
const NONCE_BYTES = 24
const INNER_NONCE_BYTES = 12
const HCHACHA_NONCE_BYTES = 16
const OPTIONS = { authTagLength: TAG_BYTES } as const
/** "expand 32-byte k" as little-endian words. */
const SIGMA = Uint32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574)

// 192-bit random nonces do not collide in practice; the bound is what a JSON number counts without loss, and more.
const SEALS_MAX = 2 ** 48

/** Suite 0x03. */
export const xChaCha20Poly1305: SynchronousSuite = {
  id: 0x03,
  name: 'xchacha20-poly1305',
  nonceBytes: NONCE_BYTES,
  tagBytes: TAG_BYTES,
  sealsMax: SEALS_MAX,
  createKey: (bytes) => {
    const words = toWords(bytes)
    return {
      seal: (frame) => {
        const nonce = frame.out.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES)
        sealWith(createCipheriv(INNER, subkey(words, nonce), innerNonce(nonce), OPTIONS), frame, NONCE_BYTES)
      },
      open: (frame) => {
        const nonce = frame.sealed.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES)
        return openWith(
          createDecipheriv(INNER, subkey(words, nonce), innerNonce(nonce), OPTIONS),
          frame,
          NONCE_BYTES,
        )
      },
      wipe: () => words.fill(0),
    }
  },
}

// All of this is synchronous, so one set of buffers serves every call; the subkey is wiped before anyone else runs.
const subkeyWords = new Uint32Array(8)
const subkeyBytes = new Uint8Array(subkeyWords.length * 4)

function subkey(key: Uint32Array, nonce: Uint8Array): KeyObject {
  hchacha(SIGMA, key, toWords(nonce.subarray(0, HCHACHA_NONCE_BYTES)), subkeyWords)
  const view = new DataView(subkeyBytes.buffer)
  for (let index = 0; index < subkeyWords.length; index++)
    view.setUint32(index * 4, subkeyWords[index]!, true)
  const made = createSecretKey(subkeyBytes)
  subkeyWords.fill(0)
  subkeyBytes.fill(0)
  return made
}

function innerNonce(nonce: Uint8Array): Uint8Array {
  const inner = new Uint8Array(INNER_NONCE_BYTES)
  inner.set(nonce.subarray(HCHACHA_NONCE_BYTES), INNER_NONCE_BYTES - (NONCE_BYTES - HCHACHA_NONCE_BYTES))
  return inner
}

function toWords(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4, true))
}
