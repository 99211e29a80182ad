import { ForgeError } from '@forgeone/common'
import { texts } from '@forgeone/common/files'
import { fullDisk } from '../files/io-failure.ts'

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
  const full = fullDisk(cause, `${action} ${name}`)
  if (full !== undefined) return full
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
