import type { CipherChaCha20Poly1305, CipherGCM, DecipherChaCha20Poly1305, DecipherGCM } from 'node:crypto'
import { HEADER_BYTES, type SealFrame } from './suite.ts'

/** Poly1305 and GCM tags. Passed to node:crypto always, so that shorter tags are refused there too. */
export const TAG_BYTES = 16

/** Runs a prepared cipher and lays ciphertext and tag behind the nonce. */
export function sealWith(
  cipher: CipherGCM | CipherChaCha20Poly1305,
  frame: SealFrame,
  nonceBytes: number,
): void {
  const { aad, plain, out } = frame
  const start = HEADER_BYTES + nonceBytes
  cipher.setAAD(aad, { plaintextLength: plain.length })
  out.set(cipher.update(plain), start)
  // Stream modes hand everything out in update(); final() only closes the tag.
  cipher.final()
  out.set(cipher.getAuthTag(), start + plain.length)
}

/** @returns the plaintext, or undefined when the tag does not fit; nothing unauthenticated leaves this function */
export function openWith(
  decipher: DecipherGCM | DecipherChaCha20Poly1305,
  { aad, sealed }: { readonly aad: Uint8Array; readonly sealed: Uint8Array },
  nonceBytes: number,
): Uint8Array | undefined {
  const start = HEADER_BYTES + nonceBytes
  const end = sealed.length - TAG_BYTES
  decipher.setAuthTag(sealed.subarray(end))
  decipher.setAAD(aad, { plaintextLength: end - start })
  const plain = decipher.update(sealed.subarray(start, end))
  try {
    decipher.final()
  } catch {
    plain.fill(0)
    return undefined
  }
  return asPlainArray(plain)
}

// A Buffer's slice() aliases where a Uint8Array's copies, so callers never get one. Node gives each result its own
// memory; should that ever change, copy rather than share a pool with a stranger's plaintext.
function asPlainArray(bytes: Buffer): Uint8Array {
  const owns = bytes.byteLength === bytes.buffer.byteLength
  return owns ? new Uint8Array(bytes.buffer) : Uint8Array.from(bytes)
}
