import { ForgeError } from '@forgeone/common'
import { fromBase64 } from '../kdf/strict-base64.ts'
import type { KeyProvider } from './key-provider.ts'
import { passphraseProvider, type PassphraseOptions } from './passphrase.ts'
import { rawKeyProvider } from './raw-key.ts'

const KEY_PREFIX = 'base64:'

/**
 * A secret from an environment variable: a passphrase, or `base64:` and the 44 characters of a raw key.
 * The variable is read here and deleted at once, so that child processes do not inherit it.
 * @throws KEY_SECRET_MISSING, KEY_SECRET_WEAK, STORE_OPTION_INVALID
 */
export function environmentProvider(
  name: string,
  environment: Record<string, string | undefined> = process.env,
  options: PassphraseOptions = {},
): KeyProvider {
  const value = environment[name]
  delete environment[name]
  if (value === undefined || value === '') {
    throw new ForgeError('KEY_SECRET_MISSING', `the environment variable ${name} is not set`)
  }
  const inner = value.startsWith(KEY_PREFIX)
    ? rawKeyFrom(name, value.slice(KEY_PREFIX.length))
    : passphraseProvider(value, options)
  return {
    kind: 'environment',
    enrol: async (random) => ({ ...(await inner.enrol(random)), kind: 'environment' }),
    unlock: (slot) => inner.unlock(slot),
  }
}

function rawKeyFrom(name: string, text: string): KeyProvider {
  const key = fromBase64(text)
  if (key === undefined)
    throw new ForgeError('KEY_SECRET_WEAK', `${name} does not hold base64 of a 32-byte key`)
  try {
    return rawKeyProvider(key)
  } finally {
    key.fill(0)
  }
}
