import { ForgeError } from '@forgeone/common'
import { isWithinBounds } from './recipe-bounds.ts'
import { parseRecipe, type KdfCost } from './recipe.ts'

/**
 * Memory times passes that one opening may spend over all slots, in MiB: 85 derivations of the default cost, or one of
 * the costliest Argon2id, which takes 40 seconds. A keyring that asks for more was made to keep somebody waiting.
 */
export const KDF_WORK_MIB_MAX: number = 16 * 1024
/** PBKDF2 takes no memory; so many iterations take as long as a pass over a MiB. */
const ITERATIONS_PER_MIB = 1000

/** What a derivation costs, as memory times passes, in MiB. */
export function workOf(cost: KdfCost): number {
  switch (cost.name) {
    case 'argon2id':
      return (cost.memoryKib / 1024) * cost.passes
    case 'scrypt':
      // Each lane fills its memory and reads it again: 128 · N · r bytes, twice.
      return ((2 * 128 * 2 ** cost.costLog2 * cost.blockSize) / 2 ** 20) * cost.lanes
    default:
      return cost.iterations / ITERATIONS_PER_MIB
  }
}

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
