import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { isNotFound } from '../files/node-store-files.ts'
import { decodeStoreFile, STORE_FILE_NAME, type StoreFile } from '../format/store-file.ts'

export type { StoreFile } from '../format/store-file.ts'

/**
 * What a directory's `FORGE` says, before any key is at hand; undefined where there is none.
 * @throws STORE_VERSION, STORE_DAMAGED
 */
export async function readStoreFile(path: string): Promise<StoreFile | undefined> {
  try {
    return decodeStoreFile(await readFile(join(path, STORE_FILE_NAME))).file
  } catch (error) {
    if (isNotFound(error) || (error instanceof Error && 'code' in error && error.code === 'ENOTDIR'))
      return undefined
    throw error
  }
}
