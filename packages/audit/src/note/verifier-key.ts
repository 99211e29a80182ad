/** Verifier keys and the key ids in signatures: c2sp.org/signed-note, c2sp.org/tlog-cosignature. */
import { sha256 } from '@forgeone/merkle'
import { isSignature, knowsKey } from '#signature'
import { decodeBase64, encodeBase64 } from '../format/base64.ts'
import { concatBytes, utf8Encode } from '../format/bytes.ts'
import type { SignatureAlgorithm } from '../signature/signature-check.ts'
import { isKeyName } from './key-name.ts'

/** Ed25519 over the text of a note. */
export const SIGNATURE_TYPE_ED25519 = 0x01
/** Timestamped Ed25519 cosignature of a checkpoint. */
export const SIGNATURE_TYPE_COSIGNATURE = 0x04

/** Timestamped ML-DSA-44 cosignature of a checkpoint. */
export const SIGNATURE_TYPE_ML_DSA_44 = 0x06

interface KeyKind {
  readonly algorithm: SignatureAlgorithm
  readonly publicKeyBytes: number
  readonly signatureBytes: number
}

const ED25519: KeyKind = { algorithm: 'ed25519', publicKeyBytes: 32, signatureBytes: 64 }
const ML_DSA_44: KeyKind = { algorithm: 'ml-dsa-44', publicKeyBytes: 1312, signatureBytes: 2420 }
const KINDS: ReadonlyMap<number, KeyKind> = new Map([
  [SIGNATURE_TYPE_ED25519, ED25519],
  [SIGNATURE_TYPE_COSIGNATURE, ED25519],
  [SIGNATURE_TYPE_ML_DSA_44, ML_DSA_44],
])
/** An ML-DSA-87 key in base64 and a name. */
const TEXT_CHARACTERS_MAX = 8192
const KEY_ID_PATTERN = /^[0-9a-f]{8}$/

/** A public key with the name it signs under. */
export interface VerifierKey {
  readonly name: string
  readonly keyId: number
  /** The signature type byte. Keys of types other than 1, 4 and 6 are parsed, and never verify anything. */
  readonly type: number
  readonly publicKey: Uint8Array
  /** The key as `name+hexid+base64`. */
  readonly text: string
}

/** `SHA-256(name | 0a | type | public key)[0..4]`. */
export function keyIdOf({ name, type, publicKey }: Pick<VerifierKey, 'name' | 'type' | 'publicKey'>): number {
  const digest = sha256(concatBytes([utf8Encode(`${name}\n`), Uint8Array.of(type), publicKey]))
  return new DataView(digest.buffer).getUint32(0)
}

/** An Ed25519 key; `type` 1 signs notes, 4 cosigns checkpoints. */
export function verifierKey(o: {
  readonly name: string
  readonly publicKey: Uint8Array
  readonly type?: number
}): VerifierKey {
  const { name, publicKey, type = SIGNATURE_TYPE_ED25519 } = o
  const keyId = keyIdOf({ name, type, publicKey })
  const hexId = keyId.toString(16).padStart(8, '0')
  const material = encodeBase64(concatBytes([Uint8Array.of(type), publicKey]))
  return { name, keyId, type, publicKey, text: `${name}+${hexId}+${material}` }
}

/** @returns undefined when the text is not a verifier key, or one of a known type whose length or id is wrong */
export function parseVerifierKey(text: string): VerifierKey | undefined {
  if (text.length > TEXT_CHARACTERS_MAX) return undefined
  const first = text.indexOf('+')
  const second = text.indexOf('+', first + 1)
  if (first === -1 || second === -1) return undefined
  const name = text.slice(0, first)
  const hexId = text.slice(first + 1, second)
  const material = decodeBase64(text.slice(second + 1))
  if (!isKeyName(name) || !KEY_ID_PATTERN.test(hexId) || material === undefined || material.length < 2)
    return undefined
  const type = material[0]!
  const publicKey = material.slice(1)
  const keyId = Number.parseInt(hexId, 16)
  const kind = KINDS.get(type)
  const isRight =
    kind === undefined ||
    (publicKey.length === kind.publicKeyBytes && keyId === keyIdOf({ name, type, publicKey }))
  return isRight ? { name, keyId, type, publicKey, text } : undefined
}

/** Whether this process can verify signatures of the key: its type is known, and so is the algorithm. */
export function canVerify({ type, publicKey }: VerifierKey): boolean {
  const kind = KINDS.get(type)
  return kind !== undefined && knowsKey(kind.algorithm, publicKey)
}

/** False for everything that is not a valid signature over the message: Ed25519 (RFC 8032) or ML-DSA-44 (FIPS 204). */
export function verifySignature(o: {
  readonly key: VerifierKey
  readonly message: Uint8Array
  readonly signature: Uint8Array
}): boolean {
  const { key, message, signature } = o
  const kind = KINDS.get(key.type)
  if (signature.length !== kind?.signatureBytes) return false
  return isSignature({ algorithm: kind.algorithm, publicKey: key.publicKey, message, signature })
}
