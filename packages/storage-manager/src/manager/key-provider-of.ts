import { ForgeError } from '@forgeone/common'
import {
  openProvider,
  passphraseProvider,
  rawKeyProvider,
  type KeyProvider,
  type SuiteName,
} from '@forgeone/crypto'
import type { ForgeOptions } from './forge-options.ts'

/**
 * The provider that the options ask for.
 * @throws KEY_SECRET_MISSING, KEY_SECRET_WEAK, STORE_OPTION_INVALID
 */
export function keyProviderOf(options: ForgeOptions, suite: SuiteName): KeyProvider {
  const { secret, keyProvider } = options
  if (secret !== undefined && keyProvider !== undefined) {
    throw new ForgeError('STORE_OPTION_INVALID', 'give either secret or keyProvider, not both', {
      details: { option: 'secret' },
    })
  }
  if (keyProvider !== undefined) return keyProvider
  if (secret === undefined) {
    if (suite === 'none') return openProvider()
    throw new ForgeError('KEY_SECRET_MISSING', 'the store is encrypted and no secret was given')
  }
  return typeof secret === 'string' ? passphraseProvider(secret) : rawKeyProvider(secret.key)
}
