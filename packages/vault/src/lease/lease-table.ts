import { createHash } from 'node:crypto'
import { canonicalJson, ForgeError, toHex, utf8Decode, utf8Encode } from '@forgeone/common'
import { z } from 'zod'

export const LEASES_MAX = 10_000
export const LEASE_MS_MAX: number = 30 * 24 * 3_600_000
export const LEASE_USES_MAX = 1_000_000
export const LEASE_TOKEN_PREFIX = 'fl_'

/** A right to read one secret for a time, as it is kept in its row. */
export interface Lease {
  /** First 16 bytes of SHA-256 of the token, hexadecimal: the token itself is kept nowhere. */
  readonly id: string
  readonly path: string
  readonly version: number
  readonly expires: number
  /** Absent: as often as one likes. */
  readonly usesLeft?: number | undefined
  readonly by: string
}

const schema: z.ZodType<Lease> = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  path: z.string(),
  version: z.int().min(1),
  expires: z.int().min(0),
  usesLeft: z.int().min(0).optional(),
  by: z.string(),
})

/** What a token is kept as. */
export function leaseIdOf(token: string): string {
  return toHex(new Uint8Array(createHash('sha256').update(token).digest()).subarray(0, 16))
}

export function encodeLease(lease: Lease): Uint8Array {
  const plain: unknown = JSON.parse(JSON.stringify(lease))
  const bytes = utf8Encode(canonicalJson(plain, { code: 'INTERNAL', what: 'a lease' }))
  // What is written is read first.
  decodeLease(bytes)
  return bytes
}

/** @throws RECORD_TAMPERED */
export function decodeLease(bytes: Uint8Array): Lease {
  try {
    return schema.parse(JSON.parse(utf8Decode(bytes)))
  } catch (cause) {
    throw new ForgeError('RECORD_TAMPERED', 'a lease has an unknown form', { cause })
  }
}

/**
 * The lease with one use less.
 * @throws VAULT_LEASE_EXPIRED, VAULT_LEASE_SPENT
 */
export function useLease(lease: Lease | undefined, now: number): Lease {
  if (lease === undefined || lease.expires <= now) {
    throw new ForgeError('VAULT_LEASE_EXPIRED', 'the lease has ended, was revoked, or never was')
  }
  if (lease.usesLeft === 0) throw new ForgeError('VAULT_LEASE_SPENT', 'the lease has no uses left')
  return lease.usesLeft === undefined ? lease : { ...lease, usesLeft: lease.usesLeft - 1 }
}
