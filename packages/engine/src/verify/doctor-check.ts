import { ForgeError, isForgeError, type ErrorCode, isError } from '@forgeone/common'

/** What the doctor found of one thing. */
export interface DoctorCheck {
  readonly name: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly message: string
  readonly code?: ErrorCode
  /** The next command or step. */
  readonly next?: string
}

export function failedCheck(name: string, error: ForgeError): DoctorCheck {
  return { name, status: 'fail', message: error.message, code: error.code, next: error.hint }
}

/** A file in place of a directory, say; the others are examined all the same. */
export function unreadableCheck(
  name: string,
  { cause, code }: { cause: unknown; code: ErrorCode },
): DoctorCheck {
  if (isForgeError(cause)) return failedCheck(name, cause)
  if (!(isError(cause) && 'code' in cause)) throw cause
  const isForbidden = cause.code === 'EACCES' || cause.code === 'EPERM'
  const message = `${name} cannot be read: ${String(cause.code)}`
  return failedCheck(name, new ForgeError(isForbidden ? 'STORE_UNWRITABLE' : code, message, { cause }))
}
