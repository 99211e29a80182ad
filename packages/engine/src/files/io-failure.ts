import { ForgeError, isError } from '@forgeone/common'

/**
 * What a caller may see of a failure: errors of the operating system and of LevelDB become `IO_FAILED`, a full disk
 * `STORAGE_FULL`, and defects of our own stay what they are.
 */
export function ioFailure(cause: unknown, action: string): unknown {
  if (cause instanceof ForgeError || !isError(cause) || !('code' in cause)) return cause
  const { code } = cause
  const full = fullDisk(cause, action)
  if (full !== undefined) return full
  if (typeof code !== 'string' || !/^(E[A-Z0-9]+|LEVEL_[A-Z_]+)$/.test(code)) return cause
  return new ForgeError('IO_FAILED', `cannot ${action}: ${cause.message}`, {
    cause,
    details: { system: code },
  })
}

/**
 * LevelDB says it in its text alone. Nothing is damaged: what could not be written is in the journal still.
 * @returns undefined for any other failure
 */
export function fullDisk(cause: unknown, action: string): ForgeError | undefined {
  if (!/ENOSPC|EDQUOT|no space left on device|disk quota exceeded/i.test(texts(cause))) return undefined
  return new ForgeError('STORAGE_FULL', `cannot ${action}: the disk has no room`, {
    cause,
    hint: 'Free space on the disk, then open the store again; nothing acknowledged is lost.',
  })
}

/** What an error and its causes say. */
export function texts(cause: unknown): string {
  if (!isError(cause)) return String(cause)
  const code = 'code' in cause ? String(cause.code) : ''
  const inner = cause.cause === undefined ? '' : texts(cause.cause)
  return `${code} ${cause.message} ${inner}`
}
