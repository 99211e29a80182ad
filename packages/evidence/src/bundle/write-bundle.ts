import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ForgeError, utf8Encode } from '@forgeone/common'
import { makeDirectoryDurably } from '@forgeone/common/files'
import type { Bundle } from './make-bundle.ts'

/** Writes a bundle into a directory that is not there yet, for its owner alone. @throws IO_FAILED */
export async function writeBundle(directory: string, { files }: Pick<Bundle, 'files'>): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700, recursive: false })
    for (const [name, content] of files) {
      const path = join(directory, name)
      await makeDirectoryDurably(dirname(path))
      await writeFile(path, utf8Encode(content), { flag: 'wx', mode: 0o600 })
    }
  } catch (cause) {
    throw new ForgeError('IO_FAILED', `the bundle cannot be written to ${directory}; it must not exist yet`, {
      cause,
    })
  }
}
