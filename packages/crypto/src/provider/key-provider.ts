import type { Random } from '@forgeone/common'

/** Where a slot's secret comes from. */
export type ProviderKind =
  | 'passphrase'
  | 'key-file'
  | 'environment'
  | 'raw-key'
  | 'command'
  | 'shares'
  | 'open'

/** The public part of a slot. */
export interface SlotParameters {
  readonly kind: ProviderKind
  /** How the secret becomes the slot key, as stored in the keyring. */
  readonly kdf: string
}

/** A new slot: its public part and its key, which the receiver wipes. */
export interface EnrolledSlot extends SlotParameters {
  readonly key: Uint8Array
}

/**
 * A source of slot keys. It must give the same key for the same slot, 32 bytes in memory of their own, and must never
 * put a secret into an error.
 */
export interface KeyProvider {
  readonly kind: ProviderKind
  /**
   * Chooses the parameters of a new slot and gives its key.
   * @throws KEY_FILE_UNSAFE, KEY_PROVIDER_FAILED, KEY_SECRET_WEAK
   */
  enrol(random: Random): Promise<EnrolledSlot>
  /**
   * Gives the key of a slot, right or wrong: the keyring compares it with the slot's commitment.
   * A passphrase fits slots made from any passphrase and a key any slot made from a key, wherever they came from.
   * @returns undefined when the slot takes another form of secret
   * @throws KDF_TOO_WEAK, KDF_TOO_COSTLY, KEY_FILE_UNSAFE, KEY_PROVIDER_FAILED, KEY_SECRET_WEAK
   */
  unlock(slot: SlotParameters): Promise<Uint8Array | undefined>
}
