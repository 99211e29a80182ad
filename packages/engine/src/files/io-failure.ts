import { ForgeError, isError } from '@forgeone/common'
import { FORBIDDEN_HINT, forbiddenFile, texts } from '@forgeone/common/files'

/**
 * What a caller may see of a failure: errors of the operating system and of LevelDB become `IO_FAILED`, a full disk
 * `STORAGE_FULL`, and defects of our own stay what they are.
 */
export function ioFailure(cause: unknown, action: string): unknown {
  if (cause instanceof ForgeError || !isError(cause) || !('code' in cause)) return cause
  const { code } = cause
  const full = fullDisk(cause, action) ?? forbidden(cause, action)
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

/** @returns undefined for any other failure */
function forbidden(cause: unknown, action: string): ForgeError | undefined {
  const refusal = forbiddenFile(cause)
  if (refusal === undefined) return undefined
  const { system, file, owner, message } = refusal
  return new ForgeError('STORE_UNWRITABLE', `cannot ${action}: ${message}`, {
    cause,
    details: { system, ...(file !== undefined && { file }), ...(owner !== undefined && { owner }) },
    hint: FORBIDDEN_HINT,
  })
}
