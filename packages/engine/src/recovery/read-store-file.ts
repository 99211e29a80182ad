import { join } from 'node:path'
import { ForgeError, isForgeError, systemCode } from '@forgeone/common'
import { readSmallFile } from '@forgeone/common/files'
import type { StoreFiles } from '../files/store-files.ts'
import { ioFailure } from '../files/io-failure.ts'
import {
  decodeStoreFile,
  STORE_FILE_BYTES_MAX,
  STORE_FILE_NAME,
  type StoreFile,
} from '../format/store-file.ts'

export type { StoreFile } from '../format/store-file.ts'

/**
 * What a directory's `FORGE` says, before any key is at hand; undefined where there is none.
 * @throws STORE_VERSION, STORE_DAMAGED, STORE_UNWRITABLE when this user may not read it
 */
export async function readStoreFile(path: string): Promise<StoreFile | undefined> {
  try {
    const bytes = await readSmallFile(join(path, STORE_FILE_NAME), { bytesMax: STORE_FILE_BYTES_MAX })
    return bytes === undefined ? undefined : decodeStoreFile(bytes).file
  } catch (error) {
    if (isForgeError(error, 'IO_FAILED')) throw strangerInPlace(error)
    if (systemCode(error) === 'ENOTDIR') return undefined
    throw ioFailure(error, 'read the store')
  }
}

/** The bytes of `FORGE`. @throws STORE_DAMAGED for what is no file */
export async function storeFileBytes(files: StoreFiles): Promise<Uint8Array | undefined> {
  try {
    return await files.read(STORE_FILE_NAME)
  } catch (error) {
    throw isForgeError(error, 'IO_FAILED') ? strangerInPlace(error) : error
  }
}

function strangerInPlace(cause: ForgeError): ForgeError {
  return new ForgeError('STORE_DAMAGED', cause.message, { cause, hint: cause.hint })
}
