import { ForgeError, utf8Encode } from '@forgeone/common'
import { derivePassphraseKey } from '../kdf/derive.ts'
import { checkCost, KDF_DEFAULT } from '../kdf/recipe-bounds.ts'
import { formatRecipe, parseRecipe, SALT_BYTES, type KdfCost } from '../kdf/recipe.ts'
import type { KeyProvider } from './key-provider.ts'
import { isGuessable } from './passphrase-strength.ts'

/** Fewest characters (code points after NFC) of a passphrase. */
export const PASSPHRASE_MIN = 12

/** Most characters of a passphrase; more adds no strength, only work. */
export const PASSPHRASE_MAX = 1024

/** Options of {@link passphraseProvider}. */
export interface PassphraseOptions {
  /** Cost of new slots; existing slots keep theirs. Default: Argon2id, 64 MiB, 3 passes, 4 lanes. */
  readonly kdf?: KdfCost | undefined
}

/**
 * A passphrase, normalised to NFC so that two keyboards give the same key.
 * @throws KEY_SECRET_WEAK, STORE_OPTION_INVALID, KDF_TOO_WEAK, KDF_TOO_COSTLY
 */
export function passphraseProvider(passphrase: string, options: PassphraseOptions = {}): KeyProvider {
  const secret = encodePassphrase(passphrase)
  const cost = options.kdf ?? KDF_DEFAULT
  checkCost(cost)
  return {
    kind: 'passphrase',
    enrol: async (random) => {
      // Only one that is newly set: whoever has a weak one must still get in, to change it.
      checkStrength(passphrase)
      const salt = random.bytes(SALT_BYTES)
      const key = await derivePassphraseKey({ cost, salt }, secret)
      return { kind: 'passphrase', kdf: formatRecipe({ form: 'passphrase', cost, salt }), key }
    },
    unlock: async (slot) => {
      const recipe = parseRecipe(slot.kdf)
      return recipe.form === 'passphrase' ? derivePassphraseKey(recipe, secret) : undefined
    },
  }
}

/** @throws KEY_SECRET_WEAK */
function checkStrength(passphrase: string): void {
  if (!isGuessable(passphrase)) return
  throw new ForgeError(
    'KEY_SECRET_WEAK',
    'the passphrase is among the first that anybody would try: it repeats itself, runs on, or is a common word',
    { hint: 'Take four or more words that have nothing to do with each other, or a 32-byte key.' },
  )
}

function encodePassphrase(passphrase: unknown): Uint8Array {
  if (typeof passphrase !== 'string') throw new ForgeError('STORE_OPTION_INVALID', 'a passphrase is text')
  // A lone surrogate would become U+FFFD, and different passphrases the same bytes.
  if (!passphrase.isWellFormed())
    throw new ForgeError('STORE_OPTION_INVALID', 'the passphrase is not Unicode text')
  const normal = passphrase.normalize('NFC')
  const characters = Array.from(normal.slice(0, 2 * PASSPHRASE_MAX + 1)).length
  if (characters < PASSPHRASE_MIN) {
    throw new ForgeError('KEY_SECRET_WEAK', `the passphrase has fewer than ${PASSPHRASE_MIN} characters`)
  }
  if (characters > PASSPHRASE_MAX) {
    throw new ForgeError('STORE_OPTION_INVALID', `the passphrase has more than ${PASSPHRASE_MAX} characters`)
  }
  return utf8Encode(normal)
}
