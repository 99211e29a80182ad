import { ForgeError } from '@forgeone/common'

/**
 * What an error of LevelDB means: another process, a full disk or a process that may open no more files is no damage, and
 * whoever is told to restore a backup for it loses what was never lost. LevelDB says so in its text alone.
 */
export function levelFailure(
  cause: unknown,
  { name, action }: { readonly name: string; readonly action: 'open' | 'read' },
): ForgeError {
  const details = { database: name }
  const text = texts(cause)
  if (/LEVEL_LOCKED/.test(text))
    return new ForgeError('STORE_LOCKED', `another process holds the database ${name}`, { cause, details })
  if (/no space left on device|disk quota exceeded/i.test(text)) {
    // Nothing is damaged: replaying needs room, and the journal still holds what the database lacks.
    return new ForgeError('STORAGE_FULL', `the disk has no room to ${action} ${name}`, {
      cause,
      details,
      hint: 'Free space on the disk, then open the store again; nothing acknowledged is lost.',
    })
  }
  if (/too many open files|EMFILE|ENFILE/i.test(text)) return tooManyFiles(cause, `${action} ${name}`)
  return new ForgeError('DATABASE_DAMAGED', `LevelDB cannot ${action} ${name}`, { cause, details })
}

/** @returns undefined for any other failure */
export function shortageOf(cause: unknown, action: string): ForgeError | undefined {
  return /too many open files|EMFILE|ENFILE/i.test(texts(cause)) ? tooManyFiles(cause, action) : undefined
}

function tooManyFiles(cause: unknown, action: string): ForgeError {
  return new ForgeError('IO_FAILED', `cannot ${action}: this process may open no more files (EMFILE)`, {
    cause,
    details: { system: 'EMFILE' },
    hint: 'Allow more open files (ulimit -n), or open fewer at once; a store needs about twenty for each database. Nothing is damaged.',
  })
}

function texts(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const code = 'code' in cause ? String(cause.code) : ''
  const inner = cause.cause === undefined ? '' : texts(cause.cause)
  return `${code} ${cause.message} ${inner}`
}
