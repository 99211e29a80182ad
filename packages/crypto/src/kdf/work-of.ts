import type { KdfCost } from './recipe.ts'

/**
 * Memory times passes that one opening may spend over all slots, in MiB: 21 derivations of the default cost, or one of a GiB and
 * four passes, which takes some ten seconds. A keyring that asks for more was made to keep somebody waiting.
 */
export const KDF_WORK_MIB_MAX: number = 4 * 1024
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
