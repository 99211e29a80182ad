import { ForgeError } from '@forgeone/common'
import type { SuiteName } from './suite.ts'

/**
 * Refuses what lies under a suite that the caller does not want to rely on. No list allows every suite.
 * @param o.what for the message, such as `the store`
 * @throws CRYPTO_SUITE_REFUSED
 */
export function checkSuiteAllowed(o: {
  readonly suite: SuiteName
  readonly allowed: readonly SuiteName[] | undefined
  readonly what: string
}): void {
  const { suite, allowed, what } = o
  if (allowed === undefined || allowed.includes(suite)) return
  throw new ForgeError('CRYPTO_SUITE_REFUSED', `${what} is sealed with ${suite}, which is not allowed here`, {
    details: { suite },
  })
}
