/** Verifier keys and the key ids in signatures: c2sp.org/signed-note, c2sp.org/tlog-cosignature. */
import { createPublicKey, hash, verify, type KeyObject } from 'node:crypto'
import { decodeBase64, encodeBase64 } from '../format/base64.ts'
import { isKeyName } from './key-name.ts'

/** Ed25519 over the text of a note. */
export const SIGNATURE_TYPE_ED25519 = 0x01
/** Timestamped Ed25519 cosignature of a checkpoint. */
export const SIGNATURE_TYPE_COSIGNATURE = 0x04

/** Timestamped ML-DSA-44 cosignature of a checkpoint. */
export const SIGNATURE_TYPE_ML_DSA_44 = 0x06

interface KeyKind {
  readonly publicKeyBytes: number
  readonly signatureBytes: number
  /** What stands before the bytes of a public key in SPKI. */
  readonly spkiPrefix: Buffer
}

/** RFC 8410. */
const ED25519: KeyKind = {
  publicKeyBytes: 32,
  signatureBytes: 64,
  spkiPrefix: Buffer.from('302a300506032b6570032100', 'hex'),
}
/** RFC 9881; Node.js knows it from 24.6. */
const ML_DSA_44: KeyKind = {
  publicKeyBytes: 1312,
  signatureBytes: 2420,
  spkiPrefix: Buffer.from('30820532300b06096086480165030403110382052100', 'hex'),
}
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
  const parts = [Buffer.from(`${name}\n`, 'utf8'), Uint8Array.of(type), publicKey]
  return Number.parseInt(hash('sha256', Buffer.concat(parts), 'hex').slice(0, 8), 16)
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
  const material = encodeBase64(Buffer.concat([Uint8Array.of(type), publicKey]))
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
  return publicKeyObject(KINDS.get(type), publicKey) !== undefined
}

/** False for everything that is not a valid signature over the message: Ed25519 (RFC 8032) or ML-DSA-44 (FIPS 204). */
export function verifySignature(o: {
  readonly key: VerifierKey
  readonly message: Uint8Array
  readonly signature: Uint8Array
}): boolean {
  const kind = KINDS.get(o.key.type)
  if (o.signature.length !== kind?.signatureBytes) return false
  const key = publicKeyObject(kind, o.key.publicKey)
  try {
    return key !== undefined && verify(null, o.message, key, o.signature)
  } catch {
    return false
  }
}

// Made once for each array of bytes: a verifier checks many notes with few keys.
const keyObjects = new WeakMap<Uint8Array, KeyObject>()

function publicKeyObject(kind: KeyKind | undefined, publicKey: Uint8Array): KeyObject | undefined {
  const known = keyObjects.get(publicKey)
  if (known !== undefined || kind === undefined) return known
  try {
    const der = Buffer.concat([kind.spkiPrefix, publicKey])
    const made = createPublicKey({ key: der, format: 'der', type: 'spki' })
    keyObjects.set(publicKey, made)
    return made
  } catch {
    return undefined
  }
}
