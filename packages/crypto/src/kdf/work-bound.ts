import { ForgeError } from '@forgeone/common'
import { isWithinBounds } from './recipe-bounds.ts'
import { parseRecipe } from './recipe.ts'
import { KDF_WORK_MIB_MAX, workOf } from './work-of.ts'

/** Counts the derivations of one opening, over all slots of all copies. */
export class KdfWork {
  #spentMib = 0
  readonly #known = new Set<string>()

  /**
   * Asked before all slots of a keyring are tried: whichever fits, together they must be bearable.
   * @throws KDF_TOO_COSTLY
   */
  admit(recipes: readonly string[]): void {
    for (const text of recipes) {
      // One that two copies share is derived once.
      if (this.#known.has(text)) continue
      this.#known.add(text)
      const recipe = parseRecipe(text)
      // One out of bounds is never derived: it rules out its own slot.
      if (recipe.form === 'passphrase' && isWithinBounds(recipe.cost)) this.#spentMib += workOf(recipe.cost)
    }
    if (this.#spentMib <= KDF_WORK_MIB_MAX) return
    throw new ForgeError(
      'KDF_TOO_COSTLY',
      `the slots of the keyring ask together for ${Math.ceil(this.#spentMib)} MiB of passes, the limit is ${KDF_WORK_MIB_MAX}`,
    )
  }
}
