import { lstat, realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { DoctorCheck } from './doctor-check.ts'

/** Whoever may list the directory sees names and sizes; whoever may write there may put other files in place of ours. */
const FOREIGN_ACCESS = 0o077

/** What else than the store itself decides who reads it, and where it lies. */
export async function checkDirectories(
  path: string,
  databases: readonly string[],
): Promise<readonly DoctorCheck[]> {
  const within = await Promise.all(['journal', 'keys', ...databases].map((name) => checkWithin(path, name)))
  return [await checkAccess(path), await checkWay(path), ...within.filter((check) => check !== undefined)]
}

async function checkAccess(path: string): Promise<DoctorCheck> {
  const name = 'permissions'
  // Windows has lists of rights, which no mode shows.
  if (process.platform === 'win32') return { name, status: 'ok', message: 'left to the lists of rights' }
  const { mode } = await stat(path)
  const digits = (mode & 0o777).toString(8).padStart(3, '0')
  if ((mode & FOREIGN_ACCESS) === 0) return { name, status: 'ok', message: `mode ${digits}` }
  return {
    name,
    status: 'warn',
    message: `the directory has mode ${digits}: others than its owner may enter it`,
    next: `chmod 700 ${resolve(path)}`,
  }
}

/** Whoever may change a link on the way leads the store to other files. */
async function checkWay(path: string): Promise<DoctorCheck> {
  const name = 'path'
  const real = await realpath(path)
  if (real === resolve(path)) return { name, status: 'ok', message: 'no symbolic link on the way' }
  return {
    name,
    status: 'warn',
    message: `a symbolic link leads to ${real}`,
    next: 'Name that directory itself, so that no link decides which store is opened.',
  }
}

/** Undefined for a directory, and for one that is not there: whether it must be, others say. */
async function checkWithin(path: string, name: string): Promise<DoctorCheck | undefined> {
  const found = await lstat(join(path, name)).catch(() => undefined)
  if (found === undefined || found.isDirectory()) return undefined
  const link = found.isSymbolicLink()
  return {
    name: `directory ${name}`,
    status: 'warn',
    message: link ? 'is a symbolic link: its files lie elsewhere' : 'is no directory',
    next: link
      ? 'Close the store, and move the directory that it leads to into its place.'
      : 'Find out who put it there; the directory of the store may lie beside it under another name.',
  }
}
