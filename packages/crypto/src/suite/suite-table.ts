import { aes256Gcm } from './aes-256-gcm.ts'
import { chaCha20Poly1305 } from './chacha20-poly1305.ts'
import { none } from './none.ts'
import type { Suite, SuiteName } from './suite.ts'
import { xChaCha20Poly1305 } from './xchacha20-poly1305.ts'

// 0x04 is reserved for XAES-256-GCM, 0x80-0xff for tests.
const SUITES: readonly Suite[] = [none, aes256Gcm, chaCha20Poly1305, xChaCha20Poly1305]

/** Suite names in id order. */
export const SUITE_NAMES: readonly SuiteName[] = SUITES.map((suite) => suite.name)

/** @returns undefined for an id this version does not know */
export function suiteById(id: number): Suite | undefined {
  return SUITES.find((suite) => suite.id === id)
}

/** The table row of a name. */
export function suiteByName(name: SuiteName): Suite {
  return SUITES.find((suite) => suite.name === name)!
}
