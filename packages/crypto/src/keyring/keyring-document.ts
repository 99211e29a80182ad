// The keyring file as a value, field by field as in the format description. Byte strings are standard base64.

import type { ProviderKind } from '../provider/key-provider.ts'

/** Life of a data key. Only `primary` seals; `primary` and `decrypt-only` open. */
export type KeyState = 'pending' | 'primary' | 'decrypt-only' | 'destroyed'

/** One way to the master key. */
export interface SlotRecord {
  readonly id: number
  readonly kind: ProviderKind
  readonly kdf: string
  readonly commit: string
  /** The master key, sealed under the slot key. */
  readonly wrapped: string
  readonly created: number
}

/** One data key, or the index key. */
export interface KeyRecord {
  readonly id: number
  readonly scope: string
  readonly epoch: number
  readonly suite: number
  readonly state: KeyState
  readonly created: number
  readonly sealsReserved: number
  readonly commit: string
  /** The key, sealed under the master key; empty once destroyed. */
  readonly wrapped: string
}

/** The key that wraps the shred keys of one bucket. */
export interface ShredRecord {
  readonly bucket: number
  readonly id: number
  /** `primary` wraps; `decrypt-only` is the one an unfinished erasure replaces. */
  readonly state: 'primary' | 'decrypt-only'
  readonly commit: string
  readonly wrapped: string
}

/** Everything in a keyring file but its MAC. */
export interface KeyringDocument {
  readonly format: typeof KEYRING_FORMAT
  readonly version: typeof KEYRING_VERSION
  /** 32 lower-case hexadecimal digits. */
  readonly storeId: string
  readonly revision: number
  readonly slots: readonly SlotRecord[]
  readonly master: {
    readonly id: number
    readonly commit: string
    /** Milliseconds since 1970; absent for the first master key, which is as old as the index key. */
    readonly created?: number | undefined
  }
  readonly keys: readonly KeyRecord[]
  /** One key a bucket; two while an erasure is under way. A version that knows none refuses a keyring that has any. */
  readonly shred: readonly ShredRecord[]
}

/** Value of `format`. */
export const KEYRING_FORMAT = 'forge-keyring'
/** Value of `version`. */
export const KEYRING_VERSION = 1
/** A larger file is refused unread. */
export const KEYRING_BYTES_MAX: number = 4 * 1024 * 1024
/** Most slots of a keyring. */
export const SLOTS_MAX = 16
/** Most keys of a keyring, of all scopes and epochs. */
export const KEYS_MAX = 4096
/** Erasing one key re-wraps its bucket, so many buckets make an erasure cheap; each costs 200 bytes here. */
export const SHRED_BUCKETS = 256
/** Scope of the key behind every keyed hash. It never seals. */
export const INDEX_SCOPE = 'index'
/** Bytes of a store id. */
export const STORE_ID_BYTES = 16
