import { systemCode } from '@forgeone/common'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes that the files of one flat directory take; files that vanish meanwhile count as nothing. */
export function directoryBytes(path: string): number {
  let bytes = 0
  try {
    for (const name of readdirSync(path)) bytes += fileBytes(join(path, name))
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
  return bytes
}

/** Nothing for what is not there, and for a link to itself: whether that matters, whoever reads the file tells. */
export function fileBytes(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0
  } catch (error) {
    if (systemCode(error) === 'ELOOP') return 0
    throw error
  }
}
