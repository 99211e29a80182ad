import { assert, ByteWriter, utf8Encode } from '@forgeone/common'
import type { Keyring } from '@forgeone/crypto'
import type { HashedName, SubkeyName } from '../port/store.ts'

const HASH_BYTES = 16

/** @throws CRYPTO_LOCKED */
export function hashName(
  keyring: Pick<Keyring, 'keyedHash'>,
  { purpose, label, value }: HashedName,
): Uint8Array {
  assertLabel(label)
  const bytes = new ByteWriter(label.length + value.length + 1)
  bytes.u8(label.length).bytes(utf8Encode(label)).bytes(value)
  return keyring.keyedHash(purpose, bytes.view()).subarray(0, HASH_BYTES)
}

/** @throws CRYPTO_LOCKED */
export function subkeyOf(keyring: Pick<Keyring, 'subkey'>, { purpose, label }: SubkeyName): Uint8Array {
  assertLabel(label)
  return keyring.subkey(purpose, label)
}

function assertLabel(label: string): void {
  assert(/^[ -~]{1,64}$/.test(label), 'what is derived from a key has a label')
}
