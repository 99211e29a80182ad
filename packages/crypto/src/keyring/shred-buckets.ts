import type { Random } from '@forgeone/common'
import { KEY_BYTES } from '../hash/hkdf.ts'
import { commitmentOf } from './commitment.ts'
import { freshKeyId } from './key-id.ts'
import type { KeyringDocument, ShredRecord } from './keyring-document.ts'
import type { KeyringWriter } from './keyring-writer.ts'
import { withUnwrappedBucket } from './shred-bucket.ts'
import { WrappingKey, WRAP_SUITE_ID } from '../sealing/wrapping.ts'
import type { BucketKey, BucketKeyring, BucketKeys } from '../shred/bucket-keys.ts'

/**
 * The bucket keys of a keyring. An erasure gives a bucket a new key, wraps the surviving shred keys with it, and drops
 * the old key: whatever still lies in files under that one is then unreadable.
 */
export class ShredBuckets implements BucketKeyring {
  readonly #writer: KeyringWriter
  readonly #random: Random

  constructor({ writer, random }: { writer: KeyringWriter; random: Random }) {
    this.#writer = writer
    this.#random = random
  }

  /** @returns undefined for a bucket that never had a key @throws KEYRING_DAMAGED, CRYPTO_LOCKED */
  find(bucket: number): BucketKeys | undefined {
    const current = this.#record(bucket, 'primary')
    if (current === undefined) return undefined
    const older = this.#record(bucket, 'decrypt-only')
    return { current: this.#load(current), older: older && this.#load(older) }
  }

  /** Gives a bucket its first key, durably. @throws IO_FAILED */
  async ensure(bucket: number): Promise<void> {
    if (this.#record(bucket, 'primary') === undefined) await this.#add(bucket, (record) => record)
  }

  /** Gives a bucket a new key beside the old one, durably; goes on with an unfinished replacement. @throws IO_FAILED */
  async beginReplacing(bucket: number): Promise<void> {
    if (this.#record(bucket, 'decrypt-only') !== undefined) return
    await this.#add(bucket, (record) => ({ ...record, state: 'decrypt-only' }))
  }

  /** Drops the old key from both files. @returns its id; undefined when there was none @throws IO_FAILED */
  async endReplacing(bucket: number): Promise<number | undefined> {
    const older = this.#record(bucket, 'decrypt-only')
    if (older === undefined) return undefined
    await this.#writer.update((document) => ({
      ...document,
      shred: document.shred.filter(({ id }) => id !== older.id),
    }))
    return older.id
  }

  /** Buckets that an erasure was about to replace when the store ended. */
  get unfinished(): readonly number[] {
    return this.#writer.document.shred
      .filter(({ state }) => state === 'decrypt-only')
      .map(({ bucket }) => bucket)
  }

  async #add(bucket: number, change: (record: ShredRecord) => ShredRecord): Promise<void> {
    // Made in the turn of the write, when the master key that wraps it is the one that it is written under.
    await this.#writer.update((document) => ({
      ...document,
      shred: [
        ...document.shred.map((each) => (each.bucket === bucket ? change(each) : each)),
        this.#create(bucket, document),
      ],
    }))
  }

  #create(bucket: number, document: KeyringDocument): ShredRecord {
    const { master } = this.#writer
    const id = freshKeyId(document, [], this.#random)
    const key = this.#random.bytes(KEY_BYTES)
    try {
      const commit = commitmentOf({ key, kind: 'shred', id, suite: WRAP_SUITE_ID })
      const wrapped = master.wrapping.wrap({ id, key, random: this.#random })
      return { bucket, id, state: 'primary', commit, wrapped }
    } finally {
      key.fill(0)
    }
  }

  #record(bucket: number, state: ShredRecord['state']): ShredRecord | undefined {
    return this.#writer.document.shred.find((each) => each.bucket === bucket && each.state === state)
  }

  #load(record: ShredRecord): BucketKey {
    const { id } = record
    const { master } = this.#writer
    return withUnwrappedBucket(record, master, (root) => ({
      id,
      wrapping: new WrappingKey({ root, storeId: master.storeId, kind: 'shred', id }),
    }))
  }
}
