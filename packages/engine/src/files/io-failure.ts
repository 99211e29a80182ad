import { ForgeError } from '@forgeone/common'

/**
 * What a caller may see of a failure: errors of the operating system and of LevelDB become `IO_FAILED`, and defects
 * of our own stay what they are.
 */
export function ioFailure(cause: unknown, action: string): unknown {
  if (cause instanceof ForgeError || !(cause instanceof Error) || !('code' in cause)) return cause
  const { code } = cause
  if (typeof code !== 'string' || !/^(E[A-Z0-9]+|LEVEL_[A-Z_]+)$/.test(code)) return cause
  return new ForgeError('IO_FAILED', `cannot ${action}: ${cause.message}`, {
    cause,
    details: { system: code },
  })
}
