import { assert, ByteWriter, utf8Encode } from '@forgeone/common'
import type { Keyring } from '@forgeone/crypto'
import type { HashedName } from '../port/store.ts'

const HASH_BYTES = 16

/** @throws CRYPTO_LOCKED */
export function hashName(
  keyring: Pick<Keyring, 'keyedHash'>,
  { purpose, label, value }: HashedName,
): Uint8Array {
  assert(/^[ -~]{1,64}$/.test(label), 'a hashed name has a label')
  const bytes = new ByteWriter(label.length + value.length + 1)
  bytes.u8(label.length).bytes(utf8Encode(label)).bytes(value)
  return keyring.keyedHash(purpose, bytes.view()).subarray(0, HASH_BYTES)
}
