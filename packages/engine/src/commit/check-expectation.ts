import { ForgeError, isBytes } from '@forgeone/common'
import type { Expectation } from '../port/store.ts'

/** A condition that cannot be understood is not met. @throws COMMIT_INVALID */
export function checkExpectation(given: Expectation): void {
  const isObject = typeof given === 'object' && given !== null
  if (!isObject || typeof given.database !== 'string') throw invalid('names a database')
  if (!Number.isSafeInteger(given.since)) throw invalid('says since which commit')
  if ('key' in given && given.key !== undefined ? isBytes(given.key) : isRange(Reflect.get(given, 'range')))
    return
  throw invalid('has a key or a range, in bytes')
}

function isRange(range: unknown): boolean {
  if (typeof range !== 'object' || range === null) return false
  return ['from', 'to'].every((end) => {
    const key: unknown = Reflect.get(range, end)
    return key === undefined || isBytes(key)
  })
}

function invalid(reason: string): ForgeError {
  return new ForgeError('COMMIT_INVALID', `a condition of a commit ${reason}`)
}
