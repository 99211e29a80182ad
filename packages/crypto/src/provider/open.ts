import { KEY_BYTES } from '../hash/hkdf.ts'
import { formatRecipe, parseRecipe } from '../kdf/recipe.ts'
import type { KeyProvider } from './key-provider.ts'

/** For stores with `encryption: 'none'`: the slot key lies in clear in the keyring, so that only accidents show. */
export function openProvider(): KeyProvider {
  return {
    kind: 'open',
    enrol: async (random) => {
      const key = random.bytes(KEY_BYTES)
      return { kind: 'open', kdf: formatRecipe({ form: 'clear', key }), key }
    },
    unlock: async (slot) => {
      const recipe = parseRecipe(slot.kdf)
      return recipe.form === 'clear' ? recipe.key : undefined
    },
  }
}
