import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import type { SignatureAlgorithm, SignatureClaim } from './signature-check.ts'

/** What stands before the bytes of a public key in SPKI. */
const SPKI_PREFIX: Readonly<Record<SignatureAlgorithm, Uint8Array>> = {
  // RFC 8410.
  ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  // RFC 9881; Node.js knows it from 24.6.
  'ml-dsa-44': Buffer.from('30820532300b06096086480165030403110382052100', 'hex'),
}

/** Whether signatures of this key can be verified here. */
export function knowsKey(algorithm: SignatureAlgorithm, publicKey: Uint8Array): boolean {
  return publicKeyObject(algorithm, publicKey) !== undefined
}

/** False for everything that is not a valid signature: Ed25519 (RFC 8032) or ML-DSA-44 (FIPS 204). Never throws. */
export function isSignature({ algorithm, publicKey, message, signature }: SignatureClaim): boolean {
  const key = publicKeyObject(algorithm, publicKey)
  try {
    return key !== undefined && verify(null, message, key, signature)
  } catch {
    return false
  }
}

// Made once for each array of bytes: a verifier checks many notes with few keys.
const keyObjects = new WeakMap<Uint8Array, KeyObject>()

function publicKeyObject(algorithm: SignatureAlgorithm, publicKey: Uint8Array): KeyObject | undefined {
  const known = keyObjects.get(publicKey)
  if (known !== undefined) return known
  try {
    const der = Buffer.concat([SPKI_PREFIX[algorithm], publicKey])
    const made = createPublicKey({ key: der, format: 'der', type: 'spki' })
    keyObjects.set(publicKey, made)
    return made
  } catch {
    return undefined
  }
}
