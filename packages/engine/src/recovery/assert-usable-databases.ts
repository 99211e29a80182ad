import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '@forgeone/common'

/** What LevelDB opens for writing, and what it reads first. */
const FILES: readonly (readonly [string, number])[] = [
  ['', constants.R_OK | constants.W_OK | constants.X_OK],
  ['LOCK', constants.R_OK | constants.W_OK],
  ['CURRENT', constants.R_OK],
]

/** Databases that this user may not use are not damaged ones, and no reason to serve without them. @throws what the system says */
export async function assertUsableDatabases(path: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    for (const [file, mode] of FILES) {
      try {
        await access(join(path, name, file), mode)
      } catch (error) {
        const code = systemCode(error)
        // What is missing is told by the checks of the database itself.
        if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') throw error
      }
    }
  }
}
