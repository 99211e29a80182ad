import { ForgeError } from '@forgeone/common'
import { ACTIONS, type Action } from '@forgeone/engine'
import { z } from 'zod'
import { hoursSchema, type GrantHours } from './grant-hours.ts'
import { parseResource } from './resource-pattern.ts'
import { isBuiltInRole, PATH_ONLY_ACTIONS } from './roles.ts'

export const GRANTS_PER_HOLDER_MAX = 100
export const HOLDERS_MAX = 10_000
const REASON_CHARACTERS_MAX = 512
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

export const grantSchema: z.ZodType<Grant> = z.strictObject({
  id: z.string().regex(/^g_[0-9a-f]{16}$/),
  holder: z.string().refine(isHolder),
  actions: z.array(z.enum(ACTIONS)).min(1).max(ACTIONS.length),
  resource: z.string().refine(isResource),
  effect: z.enum(['allow', 'deny']),
  notBefore: z.int().min(0).optional(),
  notAfter: z.int().min(0).optional(),
  hours: hoursSchema.optional(),
  breakGlass: z.boolean().optional(),
  reason: z
    .string()
    .max(REASON_CHARACTERS_MAX)
    .refine((reason) => reason.isWellFormed())
    .optional(),
})

/** @throws ACCESS_GRANT_INVALID with the reason */
export function checkGrant(grant: unknown, now: number): Grant {
  if (!isSmall(grant)) throw invalid('it is an object of a few members')
  const { holder: givenHolder, resource: givenResource } = grant
  if (typeof givenHolder === 'string') checkHolder(givenHolder)
  if (typeof givenResource === 'string') parseResource(givenResource)
  const parsed = grantSchema.safeParse(grant)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    if (issue?.code === 'unrecognized_keys') throw invalid(`it has no member ${issue.keys.join(', ')}`)
    const known = issue?.path[0] === 'actions' ? `; actions are ${ACTIONS.join(', ')}` : ''
    throw invalid(`its ${issue?.path.join('.') ?? 'form'} is not valid${known}`)
  }
  const { holder, actions, resource, notAfter, breakGlass, reason } = parsed.data
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
  if (isHolder(holder)) return
  if (!holder.startsWith('role:')) throw invalid(NAME_RULE)
  const role = holder.slice('role:'.length)
  throw invalid(
    isBuiltInRole(role) ? `the rights of the role ${role} are fixed` : 'the name of its role is not valid',
  )
}

function isHolder(holder: string): boolean {
  if (holder === '*') return true
  if (!holder.startsWith('role:')) return isPrincipalName(holder)
  const role = holder.slice('role:'.length)
  return isPrincipalName(role) && !isBuiltInRole(role)
}

/** The type is tested too: a list of one name turns into that name wherever text is made of it. */
export function isPrincipalName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name)
}

/** So many members has no grant; whoever gives more is answered before they are all looked at. */
const MEMBERS_MAX = 16

function isSmall(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.keys(value).length <= MEMBERS_MAX
}

function isResource(resource: string): boolean {
  try {
    return parseResource(resource).length > 0
  } catch {
    return false
  }
}

const NAME_RULE = 'a principal is named by 1 to 64 of A-Z a-z 0-9 . _ @ -'

/** @throws ACCESS_GRANT_INVALID */
export function checkPrincipalName(name: unknown): asserts name is string {
  if (!isPrincipalName(name)) throw invalid(NAME_RULE)
}

function invalid(reason: string): ForgeError {
  return new ForgeError('ACCESS_GRANT_INVALID', `the grant is not valid: ${reason}`)
}
