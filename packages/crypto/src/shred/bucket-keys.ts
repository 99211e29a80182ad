import type { WrappingKey } from '../sealing/wrapping.ts'

/** A bucket key made ready to wrap shred keys. */
export interface BucketKey {
  readonly id: number
  readonly wrapping: WrappingKey
}

/** What wraps the shred keys of a bucket now, and, amid an erasure, what wrapped them before. */
export interface BucketKeys {
  readonly current: BucketKey
  readonly older: BucketKey | undefined
}

/** Where shred keys find the keys of their buckets: a keyring. What a call changed is durable when it settles. */
export interface BucketKeyring {
  /** @returns undefined for a bucket that never had a key @throws KEYRING_DAMAGED, CRYPTO_LOCKED */
  find(bucket: number): BucketKeys | undefined
  /** Gives a bucket its first key. @throws IO_FAILED */
  ensure(bucket: number): Promise<void>
  /** Gives a bucket a new key beside the old one; goes on with an unfinished replacement. @throws IO_FAILED */
  beginReplacing(bucket: number): Promise<void>
  /** Drops the old key for good. @returns its id; undefined when there was none @throws IO_FAILED */
  endReplacing(bucket: number): Promise<number | undefined>
}
