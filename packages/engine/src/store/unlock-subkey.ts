import type { Clock, Random } from '@forgeone/common'
import { openKeyring, type KeyProvider, type SuiteName } from '@forgeone/crypto'
import { NodeStoreFiles } from '../files/node-store-files.ts'
import type { SubkeyName } from '../port/store.ts'
import { readStoreFile } from '../recovery/read-store-file.ts'
import { subkeyOf } from './hash-name.ts'

export interface UnlockSubkeyOptions {
  readonly path: string
  readonly provider: KeyProvider
  readonly allowedSuites?: readonly SuiteName[] | undefined
  readonly clock: Clock
  readonly random: Random
}

/**
 * A key of a store that another process may have open: the keyring is read, and nothing is written.
 * @returns undefined where no store is; the caller wipes the key
 * @throws what opening a keyring throws, STORE_VERSION, STORE_DAMAGED, STORE_UNWRITABLE
 */
export async function unlockSubkey(
  options: UnlockSubkeyOptions,
  named: SubkeyName,
): Promise<Uint8Array | undefined> {
  const { path, provider, allowedSuites, clock, random } = options
  const file = await readStoreFile(path)
  if (file === undefined) return undefined
  const { keyring: keyringFile } = new NodeStoreFiles(path)
  const { storeId } = file
  const keyring = await openKeyring({
    file: keyringFile,
    provider,
    allowedSuites,
    storeId,
    clock,
    random,
    repair: false,
  })
  try {
    return subkeyOf(keyring, named)
  } finally {
    keyring.lock()
  }
}
