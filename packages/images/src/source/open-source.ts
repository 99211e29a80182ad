import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { ForgeError, systemCode } from '@forgeone/common'

/**
 * Opens a regular file or a block device to read, and nothing else, whatever has come into its place.
 * @throws INPUT_NOT_FOUND, IMAGE_UNREADABLE
 */
export async function openSource(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined
  try {
    // Opening a FIFO would wait for its writer.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stat = await file.stat()
    if (stat.isFile() || stat.isBlockDevice()) return file
    throw new ForgeError('IMAGE_UNREADABLE', `${path} is no regular file`)
  } catch (error) {
    await file?.close()
    throw sourceFailure(path, error)
  }
}

/** What the system says of a path, as an error of ours. */
export function sourceFailure(path: string, error: unknown): ForgeError {
  if (error instanceof ForgeError) return error
  const code = systemCode(error)
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new ForgeError('INPUT_NOT_FOUND', `${path} does not exist`, { cause: error })
  return new ForgeError('IMAGE_UNREADABLE', `${path} cannot be read (${String(code)})`, { cause: error })
}
