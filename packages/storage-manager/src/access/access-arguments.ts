// What the methods of access control are given, checked before it is looked at.

import { ForgeError, readArgument, refuseOtherMembers } from '@forgeone/common'
import { ACTIONS, type Action } from '@forgeone/engine'
import { OWNER } from './access-rows.ts'
import { GRANTS_PER_HOLDER_MAX, isPrincipalName } from './grant.ts'
import type { AccessRequest } from './evaluate.ts'

/** Who acts: a principal, or the owner where nobody is named. @throws ACCESS_GRANT_INVALID */
export function actorOf(options: unknown, others: readonly string[] = []): string {
  refuseOthers(options, ['by', ...others])
  return readArgument('ACCESS_GRANT_INVALID', () => {
    if (options === undefined) return OWNER
    if (typeof options !== 'object' || options === null) throw invalid('options are an object')
    const by: unknown = Reflect.get(options, 'by')
    if (by === undefined || by === OWNER) return OWNER
    if (isPrincipalName(by)) return by
    throw invalid('who grants is named like a principal')
  })
}

/** A member of an options object. @throws ACCESS_GRANT_INVALID */
export function optionOf(options: unknown, name: string): unknown {
  return readArgument('ACCESS_GRANT_INVALID', () =>
    typeof options === 'object' && options !== null ? Reflect.get(options, name) : undefined,
  )
}

/** Each role once. @throws ACCESS_GRANT_INVALID */
export function checkRoles(roles: unknown): readonly string[] {
  return readArgument('ACCESS_GRANT_INVALID', () => {
    if (!Array.isArray(roles) || roles.length > GRANTS_PER_HOLDER_MAX)
      throw invalid(`roles are a list of at most ${GRANTS_PER_HOLDER_MAX} names`)
    const names = Array.from(roles, (role: unknown) => {
      if (isPrincipalName(role)) return role
      throw invalid('a role is named like a principal')
    })
    return [...new Set(names)]
  })
}

/** @throws ACCESS_GRANT_INVALID */
export function checkDecidable(request: unknown): { readonly action: Action; readonly resource: string } {
  refuseOthers(request, ['action', 'resource', 'now'])
  return readArgument('ACCESS_GRANT_INVALID', () => {
    const asked: { action?: unknown; resource?: unknown } =
      typeof request === 'object' && request !== null ? request : {}
    const { action, resource } = asked
    const known = ACTIONS.find((each) => each === action)
    if (known === undefined) throw invalid(`an action is one of ${ACTIONS.join(', ')}`)
    if (typeof resource !== 'string') throw invalid('a resource is text')
    return { action: known, resource }
  })
}

/** A request of whoever stands behind a pseudonym, at a time. @throws ACCESS_GRANT_INVALID */
export function checkDatedRequest(pseudonym: unknown, request: unknown): AccessRequest {
  if (typeof pseudonym !== 'string') throw invalid('a pseudonym is text')
  const now = optionOf(request, 'now')
  if (typeof now !== 'number' || !Number.isFinite(now)) throw invalid('a time is a number of ms since 1970')
  return { ...checkDecidable(request), now }
}

function refuseOthers(value: unknown, names: readonly string[]): void {
  refuseOtherMembers(value, { code: 'ACCESS_GRANT_INVALID', names })
}

function invalid(reason: string): ForgeError {
  return new ForgeError('ACCESS_GRANT_INVALID', reason)
}
