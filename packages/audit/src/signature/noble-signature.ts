import { ed25519 } from '@noble/curves/ed25519.js'
import type { SignatureAlgorithm, SignatureClaim } from './signature-check.ts'

const PUBLIC_KEY_BYTES = 32

/** Whether signatures of this key can be verified here: Ed25519 alone, as with Node.js before 24.6. */
export function knowsKey(algorithm: SignatureAlgorithm, publicKey: Uint8Array): boolean {
  return algorithm === 'ed25519' && publicKey.length === PUBLIC_KEY_BYTES
}

/**
 * As that of Node.js, in JavaScript alone, strict as in RFC 8032. It multiplies by the cofactor and Node.js does not, so they
 * can differ over a signature that the holder of the key himself has shaped to that end, and over no other.
 */
export function isSignature({ algorithm, publicKey, message, signature }: SignatureClaim): boolean {
  try {
    return knowsKey(algorithm, publicKey) && ed25519.verify(signature, message, publicKey, { zip215: false })
  } catch {
    return false
  }
}
