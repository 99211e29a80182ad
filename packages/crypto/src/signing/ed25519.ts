import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { assert, concatBytes, ForgeError, fromHex } from '@forgeone/common'

export const ED25519_PUBLIC_KEY_BYTES = 32
export const ED25519_SIGNATURE_BYTES = 64
const SEED_BYTES = 32

// RFC 8410: what stands before the 32 bytes of a seed in PKCS #8, and of a public key in SPKI.
const PKCS8_PREFIX = fromHex('302e020100300506032b657004220420')!
const SPKI_PREFIX = fromHex('302a300506032b6570032100')!

/** Signs with one Ed25519 key (RFC 8032). Prints no secret. */
export interface Signer {
  /** 32 bytes, raw. */
  readonly publicKey: Uint8Array
  /** 64 bytes. @throws CRYPTO_LOCKED after `lock` */
  sign(message: Uint8Array): Uint8Array
  /** Forgets the key. */
  lock(): void
}

/** @param seed 32 bytes, borrowed: the caller wipes it */
export function ed25519Signer(seed: Uint8Array): Signer {
  assert(seed.length === SEED_BYTES, 'an Ed25519 seed has 32 bytes')
  const der = concatBytes([PKCS8_PREFIX, seed])
  try {
    return new Ed25519Signer(createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type: 'pkcs8' }))
  } finally {
    der.fill(0)
  }
}

class Ed25519Signer implements Signer {
  readonly publicKey: Uint8Array
  #key: KeyObject | undefined

  constructor(key: KeyObject) {
    this.#key = key
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
    this.publicKey = new Uint8Array(spki.subarray(SPKI_PREFIX.length))
  }

  sign(message: Uint8Array): Uint8Array {
    if (this.#key === undefined) throw new ForgeError('CRYPTO_LOCKED', 'the signing key was locked')
    return new Uint8Array(sign(null, message, this.#key))
  }

  lock(): void {
    this.#key = undefined
  }
}

/** False for anything that is not a valid signature, malformed keys and signatures included. */
export function verifyEd25519(o: {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}): boolean {
  const { publicKey, message, signature } = o
  if (publicKey.length !== ED25519_PUBLIC_KEY_BYTES || signature.length !== ED25519_SIGNATURE_BYTES)
    return false
  try {
    const der = Buffer.from(concatBytes([SPKI_PREFIX, publicKey]))
    return verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)
  } catch {
    return false
  }
}
