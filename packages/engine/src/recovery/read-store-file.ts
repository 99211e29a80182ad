import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { ForgeError } from '@forgeone/common'
import { ioFailure } from '../files/io-failure.ts'
import { isNotFound } from '../files/node-store-files.ts'
import { decodeStoreFile, STORE_FILE_NAME, type StoreFile } from '../format/store-file.ts'

export type { StoreFile } from '../format/store-file.ts'

/**
 * What a directory's `FORGE` says, before any key is at hand; undefined where there is none.
 * @throws STORE_VERSION, STORE_DAMAGED, STORE_UNWRITABLE when this user may not read it
 */
export async function readStoreFile(path: string): Promise<StoreFile | undefined> {
  try {
    return decodeStoreFile(await readFile(join(path, STORE_FILE_NAME))).file
  } catch (error) {
    if (isNotFound(error) || (error instanceof Error && 'code' in error && error.code === 'ENOTDIR'))
      return undefined
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') {
      throw new ForgeError('STORE_UNWRITABLE', `the store at ${path} cannot be read: EACCES`, {
        cause: error,
      })
    }
    throw ioFailure(error, 'read the store')
  }
}
