import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { ForgeError, isForgeError, isError } from '@forgeone/common'
import { readSmallFile } from '@forgeone/common/files'
import { STATEMENT_NAME } from './bundle-files.ts'

/** Files of a bundle: evidence, and what belongs to it. */
export const BUNDLE_FILES_MAX = 64
/** A million leaves of some hundred bytes; a file is made one text, of which V8 makes none above 512 MiB. */
export const BUNDLE_FILE_BYTES_MAX: number = 448 * 1024 * 1024
/** The leaves once more as evidence, as JSON and as CSV: all of it is held in memory. */
export const BUNDLE_BYTES_MAX: number = 1024 * 1024 * 1024
/** Directories of a bundle lie directly in it. */
const LEVELS_MAX = 2
const ENTRIES_MAX: number = BUNDLE_FILES_MAX * 2

/** What may be read, for tests. */
export interface BundleLimits {
  readonly fileBytesMax: number
  readonly bytesMax: number
}

/**
 * Reads the files of a bundle, by their names in it with `/`. Nobody vouches for it yet: it may be any directory.
 * @throws BUNDLE_INVALID beyond a limit, for what is no file, and for what is no bundle; INPUT_NOT_FOUND, INPUT_UNREADABLE
 */
export async function readBundleFiles(
  directory: string,
  { fileBytesMax = BUNDLE_FILE_BYTES_MAX, bytesMax = BUNDLE_BYTES_MAX }: Partial<BundleLimits> = {},
): Promise<ReadonlyMap<string, Uint8Array>> {
  try {
    const files = new Map<string, Uint8Array>()
    let left = bytesMax
    for (const name of await namesIn(directory)) {
      // One after the other: together they may not be larger than one of them could be alone.
      const bytes = await readSmallFile(join(directory, name), { bytesMax: Math.min(left, fileBytesMax) })
      if (bytes === undefined) continue
      left -= bytes.length
      files.set(name, bytes)
    }
    if (files.has(STATEMENT_NAME) || files.has('manifest.json')) return files
    throw new ForgeError('BUNDLE_INVALID', `${directory} is no evidence bundle`)
  } catch (cause) {
    if (isForgeError(cause, 'IO_FAILED'))
      throw new ForgeError(
        'BUNDLE_INVALID',
        `${directory} is no bundle that can be checked: ${cause.message}`,
        {
          cause,
        },
      )
    if (cause instanceof ForgeError) throw cause
    const isAbsent = isError(cause) && 'code' in cause && /^(ENOENT|ENOTDIR)$/.test(String(cause.code))
    throw new ForgeError(isAbsent ? 'INPUT_NOT_FOUND' : 'INPUT_UNREADABLE', `${directory} cannot be read`, {
      cause,
    })
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  const names: string[] = []
  let entries = 0
  const walk = async (within: string, level: number): Promise<void> => {
    for await (const entry of await opendir(join(directory, within))) {
      if (++entries > ENTRIES_MAX) throw beyond(directory, 'has more files than a bundle')
      const name = within === '' ? entry.name : `${within}/${entry.name}`
      if (!entry.isDirectory()) names.push(name)
      else if (level < LEVELS_MAX) await walk(name, level + 1)
      else throw beyond(directory, 'is deeper than a bundle')
    }
  }
  await walk('', 1)
  if (names.length > BUNDLE_FILES_MAX) throw beyond(directory, 'has more files than a bundle')
  return names.toSorted()
}

function beyond(directory: string, reason: string): ForgeError {
  return new ForgeError('BUNDLE_INVALID', `${directory} ${reason}`)
}
