import type { ErrorCode } from './error-codes.ts'
import { ForgeError } from './forge-error.ts'

/**
 * Runs a check of an argument. An object that throws when it is looked at, as a proxy or a getter may, is refused like any
 * other wrong one.
 * @throws ForgeError what the check throws, or `code`
 */
export function readArgument<T>(code: ErrorCode, check: () => T): T {
  try {
    return check()
  } catch (cause) {
    if (cause instanceof ForgeError) throw cause
    throw new ForgeError(code, 'an argument cannot be read', { cause })
  }
}
