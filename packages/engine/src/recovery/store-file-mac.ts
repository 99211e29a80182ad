import type { Keyring } from '@forgeone/crypto'
import { encodeStoreFile, STORE_FILE_NAME, type Mac, type StoreFile } from '../format/store-file.ts'
import type { LocalStoreParts } from '../parts/local-store-parts.ts'

const STORE_MAC_LABEL = 'FORGE'

/**
 * @returns false for a file of an older version, whose MAC is that of the master key and would not outlive it
 * @throws STORE_DAMAGED
 */
export function verifyStoreFile(verify: (mac: Mac) => void, keyring: Keyring): boolean {
  try {
    verify((bytes) => keyring.lastingMac(STORE_MAC_LABEL, bytes))
    return true
  } catch {
    verify((bytes) => keyring.fileMac(STORE_MAC_LABEL, bytes))
    return false
  }
}

export async function writeStoreFile(
  { files, keyring }: Pick<LocalStoreParts, 'files' | 'keyring'>,
  file: StoreFile,
): Promise<void> {
  await files.replace(
    STORE_FILE_NAME,
    encodeStoreFile(file, (bytes) => keyring.lastingMac(STORE_MAC_LABEL, bytes)),
  )
}
