import { createHash, timingSafeEqual } from 'node:crypto'
import { ForgeError, fromHex, toHex, utf8Decode, type Random } from '@forgeone/common'
import { z } from 'zod'

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

const schema: z.ZodType<TokenRecord> = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  principal: z.string(),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  created: z.int().min(0),
  expires: z.int().min(0),
})

const useSchema = z.strictObject({ id: z.string().regex(/^[0-9a-f]{16}$/), at: z.int().min(0) })

/** When a token was last used. @throws RECORD_TAMPERED */
export function decodeTokenUse(bytes: Uint8Array): { readonly id: string; readonly at: number } {
  const parsed = useSchema.safeParse(JSON.parse(utf8Decode(bytes)))
  if (parsed.success) return parsed.data
  throw new ForgeError('RECORD_TAMPERED', 'the last use of a token has an unknown form')
}

/** @throws RECORD_TAMPERED */
export function decodeToken(bytes: Uint8Array): TokenRecord {
  const parsed = schema.safeParse(JSON.parse(utf8Decode(bytes)))
  if (parsed.success) return parsed.data
  throw new ForgeError('RECORD_TAMPERED', 'a token has an unknown form')
}

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
export function tokenIdOf(text: string): string | undefined {
  return TOKEN.exec(text)?.[1]
}

/** @throws ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED */
export function checkToken(
  text: string,
  { record, now }: { readonly record: TokenRecord | undefined; readonly now: number },
): void {
  const secret = TOKEN.exec(text)?.[2] ?? ''
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
