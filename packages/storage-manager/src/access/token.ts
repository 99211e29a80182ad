import { createHash, timingSafeEqual } from 'node:crypto'
import { ForgeError, fromHex, toHex, type Random } from '@forgeone/common'
import { z } from 'zod'
import { isPrincipalName } from './grant.ts'

const DAY_MS = 86_400_000
export const TOKEN_MS_DEFAULT: number = 90 * DAY_MS
export const TOKEN_MS_MAX: number = 366 * DAY_MS
const TOKEN = /^ft_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/
const SECRET_BYTES = 32

/** A token as it is kept: never its secret, only a digest of it. */
export interface TokenRecord {
  readonly id: string
  readonly principal: string
  /** SHA-256, hexadecimal. */
  readonly digest: string
  readonly created: number
  readonly expires: number
}

export const tokenSchema: z.ZodType<TokenRecord> = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  principal: z.string().refine(isPrincipalName),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  created: z.int().min(0),
  expires: z.int().min(0),
})

/** When a token was last used. */
export interface TokenUse {
  readonly id: string
  readonly at: number
}

export const tokenUseSchema: z.ZodType<TokenUse> = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  at: z.int().min(0),
})

/** A new token: its text, which is shown once, and what is kept of it. */
export function newToken(
  o: { readonly principal: string; readonly now: number; readonly ttlMs: number },
  random: Random,
): { readonly text: string; readonly record: TokenRecord } {
  const id = toHex(random.bytes(8))
  const secret = Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url')
  const record = {
    id,
    principal: o.principal,
    digest: toHex(digestOf(secret)),
    created: o.now,
    expires: o.now + o.ttlMs,
  }
  return { text: `ft_${id}_${secret}`, record }
}

/** The id of a token that has the right form; whether it is right shows only with its record. */
export function tokenIdOf(text: unknown): string | undefined {
  return typeof text === 'string' ? TOKEN.exec(text)?.[1] : undefined
}

/** @throws ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED */
export function checkToken(
  text: unknown,
  { record, now }: { readonly record: TokenRecord | undefined; readonly now: number },
): void {
  const secret = typeof text === 'string' ? (TOKEN.exec(text)?.[2] ?? '') : ''
  // Compared also where there is none, so that both take as long.
  const expected = fromHex(record?.digest ?? '00'.repeat(32))!
  const fits = timingSafeEqual(digestOf(secret), expected)
  if (record === undefined || !fits)
    throw new ForgeError('ACCESS_TOKEN_INVALID', 'the token is not valid, or was revoked')
  if (now >= record.expires) throw new ForgeError('ACCESS_TOKEN_EXPIRED', 'the token has expired')
}

function digestOf(secret: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(secret).digest())
}
