import type { Action } from '@forgeone/engine'
import type { Grant } from './grant.ts'
import { hoursMatcher } from './grant-hours.ts'
import { covers, intersects, parseResource } from './resource-pattern.ts'
import { isBuiltInRole, ROLES } from './roles.ts'

/** What is asked for. */
export interface AccessRequest {
  readonly action: Action
  /** A resource, or a pattern that stands for all that a call may touch. */
  readonly resource: string
  readonly now: number
}

/** Why a request was decided as it was. */
export interface AccessDecision {
  readonly allowed: boolean
  /** The grant, `role:<name>` of a built-in role, or `default`. */
  readonly rule: string
}

interface CompiledGrant {
  readonly id: string
  readonly actions: ReadonlySet<Action>
  readonly segments: readonly string[]
  readonly deny: boolean
  readonly notBefore: number
  readonly notAfter: number
  /** Asked last: few grants match. */
  readonly inHours: (now: number) => boolean
}

/**
 * The rights of one principal: any matching deny refuses; else any matching allow allows; else it is refused. The order of
 * grants never matters. A request for a pattern is allowed when one grant covers all of it, and refused when a deny
 * touches any of it.
 */
export class Rights {
  readonly #grants: readonly CompiledGrant[]

  constructor(grants: readonly Grant[], roles: readonly string[]) {
    const builtIn = roles.flatMap((role) => compileRole(role))
    this.#grants = [...grants.map(compile), ...builtIn]
  }

  decide({ action, resource, now }: AccessRequest): AccessDecision {
    const asked = parseResource(resource)
    let allowing: string | undefined
    for (const grant of this.#grants) {
      if (!grant.actions.has(action) || now < grant.notBefore || now >= grant.notAfter) continue
      if (grant.deny) {
        if (intersects(grant.segments, asked) && grant.inHours(now)) return { allowed: false, rule: grant.id }
      } else if (allowing === undefined && covers(grant.segments, asked) && grant.inHours(now)) {
        allowing = grant.id
      }
    }
    return allowing === undefined ? { allowed: false, rule: 'default' } : { allowed: true, rule: allowing }
  }
}

function compile(grant: Grant): CompiledGrant {
  return {
    id: grant.id,
    actions: new Set(grant.actions),
    segments: parseResource(grant.resource),
    deny: grant.effect === 'deny',
    notBefore: grant.notBefore ?? 0,
    notAfter: grant.notAfter ?? Number.POSITIVE_INFINITY,
    inHours: grant.hours === undefined ? always : hoursMatcher(grant.hours),
  }
}

function compileRole(role: string): readonly CompiledGrant[] {
  if (!isBuiltInRole(role)) return []
  const actions = ROLES[role]!
  const when = { notBefore: 0, notAfter: Number.POSITIVE_INFINITY, inHours: always }
  return [{ id: `role:${role}`, actions: new Set(actions), segments: ['**'], deny: false, ...when }]
}

function always(): boolean {
  return true
}
