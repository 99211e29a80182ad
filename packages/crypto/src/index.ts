export { createBlake3, createKeyedBlake3, type Blake3 } from './hash/blake3.ts'
export { sha256 } from './hash/sha256.ts'
export type { Argon2idCost, KdfCost, Pbkdf2Cost, ScryptCost } from './kdf/recipe.ts'
export { KDF_DEFAULT } from './kdf/recipe-bounds.ts'
export { KDF_WORK_MIB_MAX } from './kdf/work-of.ts'
export { PROVIDER_KINDS } from './provider/call-provider.ts'
export { commandProvider, type CommandProviderOptions } from './provider/command.ts'
export { environmentProvider } from './provider/environment.ts'
export { keyFileProvider } from './provider/key-file.ts'
export { TAKES_PROVIDER } from './provider/crossing-provider.ts'
export type { EnrolledSlot, KeyProvider, ProviderKind, SlotParameters } from './provider/key-provider.ts'
export { openProvider } from './provider/open.ts'
export {
  PASSPHRASE_MAX,
  PASSPHRASE_MIN,
  passphraseProvider,
  type PassphraseOptions,
} from './provider/passphrase.ts'
export { rawKeyProvider } from './provider/raw-key.ts'
export { newShares, SHARES_MAX, sharesProvider, type NewShares } from './provider/shares.ts'
export {
  ED25519_PUBLIC_KEY_BYTES,
  ED25519_SIGNATURE_BYTES,
  ed25519Signer,
  verifyEd25519,
  type Signer,
} from './signing/ed25519.ts'
export {
  adviseBlindIndex,
  BLIND_BITS_MAX,
  BLIND_BITS_MIN,
  BLIND_VALUES_MIN,
  blindIndex,
  blindIndexBits,
  type BlindIndexAdvice,
  type BlindIndexDefinition,
  type IndexedValue,
  type Normalisation,
} from './field/blind-index.ts'
export { FIELD_PADDINGS, FieldSealer, type FieldPadding, type FieldPlace } from './field/field-sealer.ts'
export { SUITE_NAMES } from './suite/suite-table.ts'
export type { SuiteName } from './suite/suite.ts'
export { AAD_BYTES_MAX } from './sealing/associated-data.ts'
export { NONCE_POOL_BYTES } from './sealing/nonce-pool.ts'
export { SEALS_PER_KEY_MAX, SEALS_STEP_FIRST, SEALS_STEP_MAX } from './sealing/seal-budget.ts'
export { readSealedHeader, SEAL_BYTES_MAX, type SealedHeader } from './sealing/sealed-header.ts'
export type { Sealer } from './sealing/sealer.ts'
export { ShredKeys, type ErasureRecord } from './shred/shred-keys.ts'
export { SHRED_REF_BYTES } from './shred/shred-rows.ts'
export type { ShredRow, ShredStore } from './shred/shred-store.ts'
export { createKeyring, type CreateKeyringOptions } from './keyring/create-keyring.ts'
export { SIGNING_SCOPE, type KeyInfo } from './keyring/data-key.ts'
export { checkSuiteAllowed } from './suite/allowed-suites.ts'
export { SIGNING_OVERLAP_MS } from './keyring/signing-keys.ts'
export type { IndexPurpose } from './keyring/index-keys.ts'
export { inspectKeyringFile, type KeyringFacts } from './keyring/inspect-keyring.ts'
export { KEYRING_BYTES_MAX, KEYS_MAX, SLOTS_MAX, type KeyState } from './keyring/keyring-document.ts'
export { keyringFileIn, type CopyName, type KeyringCopies, type KeyringFile } from './keyring/keyring-file.ts'
export type { Keyring } from './keyring/keyring.ts'
export type { KeyUses } from './keyring/rotation.ts'
export { openKeyring, type OpenKeyringOptions } from './keyring/open-keyring.ts'
export type { SlotInfo } from './keyring/slot.ts'
