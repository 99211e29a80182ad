// What the rows of access control hold, by kind. One schema writes and reads each: what would not be read is not written.

import { canonicalJson, ForgeError, utf8Decode, utf8Encode } from '@forgeone/common'
import { z } from 'zod'
import { grantSchema, HOLDERS_MAX, isPrincipalName, type Grant } from './grant.ts'
import { tokenSchema, tokenUseSchema, type TokenRecord, type TokenUse } from './token.ts'

/** Roles of one principal. */
export interface RolesRow {
  readonly principal: string
  readonly roles: readonly string[]
}

/** Rows by kind: grants, roles of principals, tokens, and their last use. */
export interface AccessRowOf {
  readonly g: Grant
  readonly p: RolesRow
  readonly t: TokenRecord
  readonly u: TokenUse
}

export type AccessRowKind = keyof AccessRowOf

const SCHEMAS: { readonly [Kind in AccessRowKind]: z.ZodType<AccessRowOf[Kind]> } = {
  g: grantSchema,
  p: z.strictObject({
    principal: z.string().refine(isPrincipalName),
    roles: z.array(z.string().min(1).max(64)).min(1).max(HOLDERS_MAX),
  }),
  t: tokenSchema,
  u: tokenUseSchema,
}

export function isAccessRowKind(kind: string): kind is AccessRowKind {
  return Object.hasOwn(SCHEMAS, kind)
}

/** Canonical JSON, and parsed at once. @throws RECORD_TAMPERED for what would not be read again */
export function encodeAccessRow<Kind extends AccessRowKind>(
  kind: Kind,
  value: AccessRowOf[Kind],
): Uint8Array {
  const plain: unknown = JSON.parse(JSON.stringify(value))
  const bytes = utf8Encode(canonicalJson(plain, { code: 'INTERNAL', what: 'a row of access control' }))
  decodeAccessRow(kind, bytes)
  return bytes
}

/** @throws RECORD_TAMPERED */
export function decodeAccessRow<Kind extends AccessRowKind>(
  kind: Kind,
  bytes: Uint8Array,
): AccessRowOf[Kind] {
  try {
    return SCHEMAS[kind].parse(JSON.parse(utf8Decode(bytes)))
  } catch (cause) {
    throw new ForgeError('RECORD_TAMPERED', 'a row of access control has an unknown form', { cause })
  }
}
