import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes that the files of one flat directory take; files that vanish meanwhile count as nothing. */
export function directoryBytes(path: string): number {
  let bytes = 0
  try {
    for (const name of readdirSync(path))
      bytes += statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  return bytes
}
