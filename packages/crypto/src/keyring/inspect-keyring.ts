import { keyInfo, type KeyInfo } from './data-key.ts'
import { masterCreatedMs } from './master-age.ts'
import { parseKeyring } from './keyring-text.ts'
import { slotInfo, type SlotInfo } from './slot.ts'

/** What a keyring file says about itself. None of it is authenticated. */
export interface KeyringFacts {
  readonly version: number
  readonly revision: number
  /** 32 hexadecimal digits. */
  readonly storeId: string
  readonly slots: readonly SlotInfo[]
  readonly keys: readonly KeyInfo[]
  readonly masterCreatedMs: number
}

/**
 * Reads the structure of a keyring file; needs no secret and proves nothing but well-formedness.
 * @throws KEYRING_DAMAGED, KEYRING_VERSION
 */
export function inspectKeyringFile(bytes: Uint8Array): KeyringFacts {
  const { document } = parseKeyring(bytes)
  const { version, revision, storeId, slots, keys } = document
  return {
    version,
    revision,
    storeId,
    slots: slots.map(slotInfo),
    keys: keys.map(keyInfo),
    masterCreatedMs: masterCreatedMs(document),
  }
}
