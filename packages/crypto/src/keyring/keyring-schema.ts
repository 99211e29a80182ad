import { z } from 'zod'
import { fromBase64 } from '../kdf/strict-base64.ts'
import { HEADER_BYTES } from '../suite/suite.ts'
import { aes256Gcm } from '../suite/aes-256-gcm.ts'
import { suiteById } from '../suite/suite-table.ts'
import { KEY_BYTES } from '../hash/hkdf.ts'
import {
  KEYRING_FORMAT,
  KEYRING_VERSION,
  KEYS_MAX,
  SHRED_BUCKETS,
  SLOTS_MAX,
  type KeyringDocument,
} from './keyring-document.ts'
import { KDF_TEXT_MAX, PROVIDER_KINDS } from '../provider/call-provider.ts'
import { isScopeName } from './scope-name.ts'

const WRAPPED_BYTES = HEADER_BYTES + aes256Gcm.nonceBytes + KEY_BYTES + aes256Gcm.tagBytes

const base64 = (bytes: number): z.ZodType<string> =>
  z.string().refine((text) => fromBase64(text)?.length === bytes)
const keyId = z.int().min(1).max(0xffff_ffff)
const count = z.int().min(0)

const slot = z.strictObject({
  id: keyId,
  kind: z.enum(PROVIDER_KINDS),
  kdf: z.string().max(KDF_TEXT_MAX),
  commit: base64(KEY_BYTES),
  wrapped: base64(WRAPPED_BYTES),
  created: count,
})

const key = z
  .strictObject({
    id: keyId,
    scope: z.string().refine(isScopeName),
    epoch: z.int().min(1),
    suite: z.int().refine((id) => suiteById(id) !== undefined),
    state: z.enum(['pending', 'primary', 'decrypt-only', 'destroyed']),
    created: count,
    sealsReserved: count,
    commit: base64(KEY_BYTES),
    wrapped: z.union([z.literal(''), base64(WRAPPED_BYTES)]),
  })
  .refine((record) => (record.wrapped === '') === (record.state === 'destroyed'))

const shred = z.strictObject({
  bucket: z
    .int()
    .min(0)
    .max(SHRED_BUCKETS - 1),
  id: keyId,
  state: z.enum(['primary', 'decrypt-only']),
  commit: base64(KEY_BYTES),
  wrapped: base64(WRAPPED_BYTES),
})

/** All members of a keyring file. */
export interface KeyringMembers extends KeyringDocument {
  readonly mac: string
}

/** Shape of version 1. Private to the keyring parse; the exported types are written by hand. */
export const keyringSchema: z.ZodType<KeyringMembers> = z.strictObject({
  format: z.literal(KEYRING_FORMAT),
  version: z.literal(KEYRING_VERSION),
  storeId: z.string().regex(/^[0-9a-f]{32}$/),
  revision: z.int().min(1),
  slots: z.array(slot).min(1).max(SLOTS_MAX),
  master: z.strictObject({ id: keyId, commit: base64(KEY_BYTES), created: z.int().min(0).optional() }),
  keys: z.array(key).min(1).max(KEYS_MAX),
  shred: z.array(shred).max(2 * SHRED_BUCKETS),
  mac: base64(KEY_BYTES),
})
