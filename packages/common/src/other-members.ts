import { ArgumentCheck } from './argument-check.ts'
import type { ErrorCode } from './error-codes.ts'

/**
 * Refuses an object with a member that is not known, and names the one that was meant: passed over, something else would be done
 * than whoever wrote it wanted. What is no object is for others to refuse.
 */
export function refuseOtherMembers(
  value: unknown,
  o: { readonly code: ErrorCode; readonly names: readonly string[]; readonly what?: string },
): void {
  if (typeof value === 'object' && value !== null && !isList(value))
    new ArgumentCheck(o.code).options(value, o.names, o.what)
}

/** A list that was revoked is none. */
function isList(value: object): boolean {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}
