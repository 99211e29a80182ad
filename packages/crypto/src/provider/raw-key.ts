import { ForgeError } from '@forgeone/common'
import { KEY_BYTES } from '../hash/hkdf.ts'
import { formatRecipe, parseRecipe } from '../kdf/recipe.ts'
import type { KeyProvider, ProviderKind } from './key-provider.ts'

/**
 * A random key of 32 bytes, which skips the derivation. The bytes are copied.
 * @throws KEY_SECRET_WEAK for any other length
 */
export function rawKeyProvider(key: Uint8Array): KeyProvider {
  if (key.length !== KEY_BYTES) {
    throw new ForgeError('KEY_SECRET_WEAK', `a raw key has ${KEY_BYTES} bytes, this one ${key.length}`)
  }
  const own = Uint8Array.from(key)
  return keySource('raw-key', async () => Uint8Array.from(own))
}

/** A provider around a function that gives a fresh copy of a 32-byte key at each call. */
export function keySource(kind: ProviderKind, readKey: () => Promise<Uint8Array>): KeyProvider {
  return {
    kind,
    enrol: async () => ({ kind, kdf: formatRecipe({ form: 'key' }), key: await readKey() }),
    unlock: async (slot) => (parseRecipe(slot.kdf).form === 'key' ? readKey() : undefined),
  }
}
