import type { Clock, ForgeError, Random, Timer } from '@forgeone/common'
import type { KeyProvider, ShredKeys } from '@forgeone/crypto'
import type { Operation, Store } from '@forgeone/engine'

export const SECRET_BYTES_MAX: number = 1024 * 1024
/** Paths read with one commit. */
export const PATHS_PER_READ_MAX = 256
/** Keys and index leave the memory when nothing was asked of the vault for so long. */
export const AUTO_LOCK_MS: number = 15 * 60_000

/** A lease that is about to be redeemed: who made it, for what, and the time of the commit. */
export interface LeaseUse {
  /** The pseudonym of its maker. */
  readonly by: string
  readonly path: string
  readonly time: number
}

export interface VaultOptions {
  readonly store: Store
  /** A database of the store that nothing else uses. */
  readonly database: string
  /** Opened when the vault is first used. */
  readonly shredKeys: () => Promise<ShredKeys>
  /** Whether a secret opens this store: asked by `unseal`. */
  readonly verifySecret: (provider: KeyProvider) => Promise<boolean>
  /** Rows for the commit that tells of an erasure: keys were changed for it. */
  readonly alongsideKeys?: (() => readonly Operation[]) | undefined
  /**
   * Whether the maker of a lease may still read its path, asked in the turn in which a redemption gets its place; must not
   * throw. A lease whose maker may not ends there. Absent: makers always may.
   */
  readonly mayStillRead?: ((use: LeaseUse) => boolean) | undefined
  /** Hears of each row that does not parse when the vault is loaded; the others serve. */
  readonly onSetAside?: ((row: { readonly key: Uint8Array; readonly error: ForgeError }) => void) | undefined
  readonly clock: Clock
  /** Decides when the vault locks itself; that of the platform when absent. */
  readonly timer?: Timer | undefined
  readonly random: Random
  readonly autoLockMs?: number | undefined
}
