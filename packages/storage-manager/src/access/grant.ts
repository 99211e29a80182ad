import { canonicalJson, ForgeError, utf8Decode, utf8Encode } from '@forgeone/common'
import { z } from 'zod'
import { hoursSchema, type GrantHours } from './grant-hours.ts'
import { parseResource } from './resource-pattern.ts'
import { ACTIONS, PATH_ONLY_ACTIONS, ROLES, type Action } from './roles.ts'

export const GRANTS_PER_HOLDER_MAX = 100
export const HOLDERS_MAX = 10_000
/** A grant that breaks the rules for once, with its reason, ends by itself. */
export const BREAK_GLASS_MS_MAX: number = 4 * 3_600_000

/** A right, or the refusal of one. */
export interface Grant {
  readonly id: string
  /** A principal's name, `role:<name>`, or `*` for everyone. */
  readonly holder: string
  readonly actions: readonly Action[]
  /** A resource or pattern, such as `events/orders/**`. */
  readonly resource: string
  /** Any matching `deny` wins over every `allow`. */
  readonly effect: 'allow' | 'deny'
  readonly notBefore?: number | undefined
  readonly notAfter?: number | undefined
  /** Outside of them it is as if it were not there, whether it allows or denies. */
  readonly hours?: GrantHours | undefined
  readonly breakGlass?: boolean | undefined
  readonly reason?: string | undefined
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/

const schema: z.ZodType<Grant> = z.strictObject({
  id: z.string().regex(/^g_[0-9a-f]{16}$/),
  holder: z.string(),
  actions: z.array(z.enum(ACTIONS)).min(1),
  resource: z.string(),
  effect: z.enum(['allow', 'deny']),
  notBefore: z.int().min(0).optional(),
  notAfter: z.int().min(0).optional(),
  hours: hoursSchema.optional(),
  breakGlass: z.boolean().optional(),
  reason: z.string().max(512).optional(),
})

/** @throws ACCESS_GRANT_INVALID with the reason */
export function checkGrant(grant: Grant, now: number): Grant {
  const parsed = schema.safeParse(grant)
  if (!parsed.success) throw invalid(`its ${parsed.error.issues[0]?.path.join('.') ?? 'form'} is not valid`)
  const { holder, actions, resource, notAfter, breakGlass, reason } = grant
  checkHolder(holder)
  const segments = parseResource(resource)
  if (actions.some((action) => PATH_ONLY_ACTIONS.includes(action))) {
    const byPath = segments[0] === 'vault' && segments[1] !== undefined && !segments[1].startsWith('*')
    if (holder.startsWith('role:') || !byPath) {
      throw invalid('secrets are granted to a principal and by path, such as vault/app/**')
    }
  }
  if (breakGlass === true) {
    const short = notAfter !== undefined && notAfter <= now + BREAK_GLASS_MS_MAX
    if (!short || (reason ?? '') === '')
      throw invalid('an emergency grant has a reason and ends within four hours')
  }
  // A copy: what the caller does to his own later changes no right.
  return parsed.data
}

/** @throws ACCESS_GRANT_INVALID */
export function checkHolder(holder: string): void {
  if (holder === '*') return
  if (holder.startsWith('role:')) {
    const role = holder.slice('role:'.length)
    if (ROLES[role] !== undefined) throw invalid(`the rights of the role ${role} are fixed`)
    if (!NAME.test(role)) throw invalid('the name of its role is not valid')
    return
  }
  checkPrincipalName(holder)
}

/** @throws ACCESS_GRANT_INVALID */
export function checkPrincipalName(name: string): void {
  if (!NAME.test(name)) throw invalid('a principal is named by 1 to 64 of A-Z a-z 0-9 . _ @ -')
}

export function encodeJson(value: unknown): Uint8Array {
  const plain: unknown = JSON.parse(JSON.stringify(value))
  return utf8Encode(canonicalJson(plain, { code: 'INTERNAL', what: 'a row of access control' }))
}

/** @throws RECORD_TAMPERED */
export function decodeGrant(bytes: Uint8Array): Grant {
  const parsed = schema.safeParse(JSON.parse(utf8Decode(bytes)))
  if (parsed.success) return parsed.data
  throw new ForgeError('RECORD_TAMPERED', 'a grant has an unknown form')
}

function invalid(reason: string): ForgeError {
  return new ForgeError('ACCESS_GRANT_INVALID', `the grant is not valid: ${reason}`)
}
