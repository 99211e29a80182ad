// Floors keep a weakened keyring from being accepted, ceilings keep a hostile one from exhausting memory or time.
// Both are judged on numbers alone, before anything is allocated.

import { ForgeError } from '@forgeone/common'
import { KDF_WORK_MIB_MAX, workOf } from './work-of.ts'
import type { Argon2idCost, KdfCost, Pbkdf2Cost, ScryptCost } from './recipe.ts'

const MIB_IN_KIB = 1024
const GIB = 2 ** 30

/** What new passphrase slots use: 64 MiB, 3 passes, 4 lanes. */
export const KDF_DEFAULT: KdfCost = { name: 'argon2id', memoryKib: 64 * MIB_IN_KIB, passes: 3, lanes: 4 }

/** Largest Argon2id memory accepted, in KiB. */
const ARGON2_MEMORY_KIB_MAX = 1024 * MIB_IN_KIB
const ARGON2_PASSES_MAX = 16
const ARGON2_LANES_MAX = 16
/** Equivalent floors of the OWASP password storage guidance: more memory buys fewer passes. */
const ARGON2_FLOORS = [
  { memoryKib: 46 * MIB_IN_KIB, passes: 1 },
  { memoryKib: 19 * MIB_IN_KIB, passes: 2 },
  { memoryKib: 12 * MIB_IN_KIB, passes: 3 },
  { memoryKib: 9 * MIB_IN_KIB, passes: 4 },
  { memoryKib: 7 * MIB_IN_KIB, passes: 5 },
] as const

const SCRYPT_COST_LOG2_MAX = 20
const SCRYPT_BLOCK_SIZE_MAX = 16
const SCRYPT_LANES_MAX = 16
const SCRYPT_FLOORS = [
  { costLog2: 17, lanes: 1 },
  { costLog2: 16, lanes: 2 },
  { costLog2: 15, lanes: 3 },
] as const
const SCRYPT_BLOCK_SIZE_MIN = 8

const PBKDF2_FLOOR = { 'pbkdf2-sha512': 220_000, 'pbkdf2-sha256': 600_000 } as const
const PBKDF2_ITERATIONS_MAX = 10_000_000

type Verdict = 'weak' | 'costly' | 'fit'

/**
 * Refuses a derivation outside the accepted bounds.
 * @throws KDF_TOO_WEAK, KDF_TOO_COSTLY
 */
export function checkCost(cost: KdfCost): void {
  const verdict = judge(cost)
  if (verdict === 'fit') return
  if (verdict === 'weak')
    throw new ForgeError('KDF_TOO_WEAK', `a ${cost.name} slot is below the accepted floor`)
  throw new ForgeError('KDF_TOO_COSTLY', `a ${cost.name} slot is above the accepted ceiling`)
}

export function isWithinBounds(cost: KdfCost): boolean {
  return judge(cost) === 'fit'
}

function judge(cost: KdfCost): Verdict {
  const verdict = judgeParameters(cost)
  // What would not be opened is not made either.
  return verdict === 'fit' && workOf(cost) > KDF_WORK_MIB_MAX ? 'costly' : verdict
}

function judgeParameters(cost: KdfCost): Verdict {
  switch (cost.name) {
    case 'argon2id':
      return judgeArgon2id(cost)
    case 'scrypt':
      return judgeScrypt(cost)
    default:
      return judgePbkdf2(cost)
  }
}

function judgeArgon2id({ memoryKib, passes, lanes }: Argon2idCost): Verdict {
  if (memoryKib > ARGON2_MEMORY_KIB_MAX || passes > ARGON2_PASSES_MAX || lanes > ARGON2_LANES_MAX)
    return 'costly'
  const fits = ARGON2_FLOORS.some((floor) => memoryKib >= floor.memoryKib && passes >= floor.passes)
  return fits && lanes >= 1 ? 'fit' : 'weak'
}

function judgeScrypt({ costLog2, blockSize, lanes }: ScryptCost): Verdict {
  const bytes = scryptBytes({ costLog2, blockSize })
  if (costLog2 > SCRYPT_COST_LOG2_MAX || blockSize > SCRYPT_BLOCK_SIZE_MAX || bytes > GIB) return 'costly'
  if (lanes > SCRYPT_LANES_MAX) return 'costly'
  const fits = SCRYPT_FLOORS.some((floor) => costLog2 >= floor.costLog2 && lanes >= floor.lanes)
  return fits && blockSize >= SCRYPT_BLOCK_SIZE_MIN ? 'fit' : 'weak'
}

function judgePbkdf2({ name, iterations }: Pbkdf2Cost): Verdict {
  if (iterations > PBKDF2_ITERATIONS_MAX) return 'costly'
  return iterations >= PBKDF2_FLOOR[name] ? 'fit' : 'weak'
}

/** Memory one scrypt lane takes: 128 · N · r. */
export function scryptBytes({ costLog2, blockSize }: Pick<ScryptCost, 'costLog2' | 'blockSize'>): number {
  return 128 * 2 ** costLog2 * blockSize
}
