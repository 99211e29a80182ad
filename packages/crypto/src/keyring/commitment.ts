import { ByteWriter, utf8Encode } from '@forgeone/common'
import { timingSafeEqual } from 'node:crypto'
import { hkdfSha256, KEY_BYTES } from '../hash/hkdf.ts'
import { asBase64, fromBase64 } from '../kdf/strict-base64.ts'

// The AEADs do not commit to their key: one blob can open under two. A commitment per key closes that once, before use.
const INFO = utf8Encode('forge/v1/commit')
const NO_SALT = new Uint8Array(0)
const KIND_ID = { slot: 1, master: 2, data: 3, shred: 4 } as const

/** What a commitment binds. */
export interface CommittedKey {
  /** Borrowed. */
  readonly key: Uint8Array
  readonly kind: keyof typeof KIND_ID
  readonly id: number
  /** The suite the key is for; for slot and master keys the suite that wraps. */
  readonly suite: number
}

/** Info = `forge/v1/commit` | kind u8 | id u32 | suite u8, salt empty; as base64. */
export function commitmentOf(o: CommittedKey): string {
  return asBase64(computeCommitment(o))
}

/** Compares in constant time. */
export function fitsCommitment(o: CommittedKey, commitment: string): boolean {
  const expected = fromBase64(commitment)
  return expected?.length === KEY_BYTES && timingSafeEqual(expected, computeCommitment(o))
}

function computeCommitment({ key, kind, id, suite }: CommittedKey): Uint8Array {
  const info = new ByteWriter().bytes(INFO).u8(KIND_ID[kind]).u32(id).u8(suite)
  return hkdfSha256({ key, salt: NO_SALT, info: info.view(), length: KEY_BYTES })
}
