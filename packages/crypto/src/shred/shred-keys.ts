import { ForgeError, toHex, type Clock, type Random } from '@forgeone/common'
import { KEY_BYTES } from '../hash/hkdf.ts'
import { fromBase64 } from '../kdf/strict-base64.ts'
import type { BucketKeys, ShredBuckets } from '../keyring/shred-buckets.ts'
import { xChaCha20Poly1305 } from '../suite/xchacha20-poly1305.ts'
import type { SuiteKey } from '../suite/suite.ts'
import {
  ALL_ERASURES,
  decodeErasure,
  encodeErasure,
  ERASURE_ID_BYTES,
  erasureRow,
  keyRow,
  keysOfBucket,
  keysOfOwner,
  ownerRow,
  refOf,
  SHRED_REF_BYTES,
  type ErasureRow,
} from './shred-rows.ts'
import type { ShredRow, ShredStore } from './shred-store.ts'
import { openShredValue, sealShredValue, shredRefOf } from './shred-value.ts'

/** Keys kept ready; a further one costs a read and an unwrapping. */
const CACHED_KEYS_MAX = 10_000

/** What an erasure did, for its certificate. */
export interface ErasureRecord {
  /** 32 hexadecimal digits. */
  readonly id: string
  readonly startedMs: number
  readonly doneMs: number
  readonly shredKeys: number
  /** Bucket keys that are gone with it. */
  readonly bucketKeysDestroyed: readonly number[]
}

export interface ShredKeysOptions {
  readonly store: ShredStore
  readonly buckets: ShredBuckets
  /** 16 bytes. */
  readonly storeId: Uint8Array
  /** Hides the name of an owner in row keys. */
  readonly hashOwner: (owner: string) => Uint8Array
  readonly clock: Clock
  readonly random: Random
}

/**
 * Keys that can be destroyed one by one: each belongs to a subject, a tenant or a version of a secret, and erasing it
 * makes everything sealed under it unreadable in every copy of the data, backups included.
 */
export class ShredKeys {
  readonly #o: ShredKeysOptions
  readonly #cache = new Map<string, SuiteKey>()
  /** Changes take turns: a key created amid the erasure of its bucket could be wrapped by a key about to go. */
  #changing: Promise<unknown> = Promise.resolve()

  private constructor(options: ShredKeysOptions) {
    this.#o = options
  }

  /** Finishes every erasure that a crash cut short. @throws KEYRING_DAMAGED, IO_FAILED */
  static async open(options: ShredKeysOptions): Promise<ShredKeys> {
    const keys = new ShredKeys(options)
    for await (const row of keys.#erasures()) if (row.doneMs === 0) await keys.#finish(row)
    return keys
  }

  /** Makes a key, durably: before the commit that uses it; one that no commit uses does no harm. @returns its reference */
  create(owner: string): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      const { buckets, store, random } = this.#o
      const ref = random.bytes(SHRED_REF_BYTES)
      await buckets.ensure(ref[0]!)
      const key = random.bytes(KEY_BYTES)
      try {
        const { current } = this.#bucket(ref)
        const wrapped = fromBase64(current.wrapping.wrapFor({ place: ref, key, random }))!
        const name = this.#o.hashOwner(owner)
        await store.write([
          { key: keyRow(ref), value: wrapped },
          { key: ownerRow(name, ref), value: new Uint8Array(0) },
        ])
        this.#remember(ref, xChaCha20Poly1305.createKey(key))
        return ref
      } finally {
        key.fill(0)
      }
    })
  }

  /** Deletes a key that was never used, without the cost of erasing it: what nothing was sealed under need not be erased. */
  async discard(ref: Uint8Array, owner: string): Promise<void> {
    this.#forget(ref)
    await this.#o.store.write([
      { key: keyRow(ref), value: undefined },
      { key: ownerRow(this.#o.hashOwner(owner), ref), value: undefined },
    ])
  }

  /** The reference that a value of version 2 names, in hexadecimal. @throws CRYPTO_FORMAT */
  refOf(sealed: Uint8Array): string {
    return toHex(shredRefOf(sealed))
  }

  /** The keys of an owner. */
  async ofOwner(owner: string): Promise<readonly Uint8Array[]> {
    const refs: Uint8Array[] = []
    for await (const page of this.#o.store.scan(keysOfOwner(this.#o.hashOwner(owner)))) {
      for (const { key } of page) refs.push(refOf(key))
    }
    return refs
  }

  /** Whether a key is there. */
  async has(ref: Uint8Array): Promise<boolean> {
    return (await this.#o.store.get(keyRow(ref))) !== undefined
  }

  /** @throws CRYPTO_KEY_DESTROYED, CRYPTO_VALUE_TOO_LARGE */
  async seal(
    ref: Uint8Array,
    o: { readonly place: readonly Uint8Array[]; readonly value: Uint8Array },
  ): Promise<Uint8Array> {
    const key = await this.#key(ref)
    const nonce = this.#o.random.bytes(xChaCha20Poly1305.nonceBytes)
    return sealShredValue({ key, ref, nonce, place: [this.#o.storeId, ...o.place], value: o.value })
  }

  /** @throws CRYPTO_KEY_DESTROYED, CRYPTO_FORMAT, CRYPTO_OPEN_FAILED */
  async open(o: { readonly place: readonly Uint8Array[]; readonly sealed: Uint8Array }): Promise<Uint8Array> {
    const key = await this.#key(shredRefOf(o.sealed))
    return openShredValue({ key, place: [this.#o.storeId, ...o.place], sealed: o.sealed })
  }

  /**
   * Destroys keys for good. When it settles, neither table files nor old copies of the shred store give them back; a
   * backup of the keyring of before does until it is gone. Unknown and erased references are passed over.
   * @param o.id 16 bytes that name the erasure: a repeated call with the same id does nothing more
   * @throws IO_FAILED; what was begun is finished at the next opening
   */
  erase(
    refs: readonly Uint8Array[],
    o: { readonly id?: Uint8Array; readonly owner?: string } = {},
  ): Promise<ErasureRecord> {
    return this.#inTurn(async () => {
      const id = o.id ?? this.#o.random.bytes(ERASURE_ID_BYTES)
      const known = await this.#o.store.get(erasureRow(id))
      if (known !== undefined) return await this.#finish(decodeErasure(erasureRow(id), known))
      const owner = o.owner === undefined ? undefined : this.#o.hashOwner(o.owner)
      const row = { id, startedMs: this.#o.clock.now(), doneMs: 0, owner, refs, bucketKeys: [] }
      await this.#o.store.write([{ key: erasureRow(id), value: encodeErasure(row) }])
      return await this.#finish(row)
    })
  }

  /** Erasures so far, in no order: what a restored store must erase again. */
  async *erasures(): AsyncGenerator<ErasureRecord> {
    for await (const row of this.#erasures()) yield recordOf(row)
  }

  /** Forgets the keys in memory. */
  lock(): void {
    for (const key of this.#cache.values()) key.wipe()
    this.#cache.clear()
  }

  async *#erasures(): AsyncGenerator<ErasureRow> {
    for await (const page of this.#o.store.scan(ALL_ERASURES)) {
      for (const { key, value } of page) yield decodeErasure(key, value)
    }
  }

  /** Every step may be repeated: it looks at what is there. */
  async #finish(row: ErasureRow): Promise<ErasureRecord> {
    if (row.doneMs > 0) return recordOf(row)
    const { store, buckets, clock } = this.#o
    const gone = new Set(row.refs.map(toHex))
    const bucketKeys = [...row.bucketKeys]
    for (const bucket of new Set(row.refs.map((ref) => ref[0]!))) {
      if (buckets.find(bucket) === undefined) continue
      await buckets.beginReplacing(bucket)
      await this.#rewrap(bucket, gone)
      // Named before it is dropped, or a crash in between would lose the name.
      const { older } = buckets.find(bucket)!
      if (older !== undefined && !bucketKeys.includes(older.id)) bucketKeys.push(older.id)
      await store.write([{ key: erasureRow(row.id), value: encodeErasure({ ...row, bucketKeys }) }])
      await buckets.endReplacing(bucket)
      await store.purge(keysOfBucket(bucket))
    }
    if (row.owner !== undefined) {
      const rows = row.refs.map((ref) => ({ key: ownerRow(row.owner!, ref), value: undefined }))
      await store.write(rows)
    }
    const done = { ...row, bucketKeys, doneMs: Math.max(clock.now(), row.startedMs, 1) }
    await store.write([{ key: erasureRow(row.id), value: encodeErasure(done) }])
    return recordOf(done)
  }

  /** Wraps what survives in a bucket with its new key and deletes what does not, in one write. */
  async #rewrap(bucket: number, gone: ReadonlySet<string>): Promise<void> {
    const { store, random } = this.#o
    const rows: ShredRow[] = []
    for await (const page of store.scan(keysOfBucket(bucket))) {
      for (const { key: rowKey, value } of page) {
        const ref = refOf(rowKey)
        if (gone.has(toHex(ref))) {
          rows.push({ key: rowKey, value: undefined })
          this.#forget(ref)
          continue
        }
        const key = this.#unwrap(ref, value)
        const wrapped = fromBase64(this.#bucket(ref).current.wrapping.wrapFor({ place: ref, key, random }))!
        key.fill(0)
        rows.push({ key: rowKey, value: wrapped })
      }
    }
    if (rows.length > 0) await store.write(rows)
  }

  async #key(ref: Uint8Array): Promise<SuiteKey> {
    const cached = this.#cache.get(toHex(ref))
    if (cached !== undefined) return cached
    const wrapped = await this.#o.store.get(keyRow(ref))
    if (wrapped === undefined) {
      throw new ForgeError('CRYPTO_KEY_DESTROYED', 'the key of this value was erased')
    }
    const bytes = this.#unwrap(ref, wrapped)
    const key = xChaCha20Poly1305.createKey(bytes)
    bytes.fill(0)
    this.#remember(ref, key)
    return key
  }

  #unwrap(ref: Uint8Array, wrapped: Uint8Array): Uint8Array {
    const { current, older } = this.#bucket(ref)
    const key =
      current.wrapping.unwrapFor({ place: ref, wrapped }) ??
      older?.wrapping.unwrapFor({ place: ref, wrapped })
    if (key !== undefined) return key
    throw new ForgeError('KEYRING_DAMAGED', 'a shred key does not open under the key of its bucket')
  }

  #bucket(ref: Uint8Array): BucketKeys {
    const found = this.#o.buckets.find(ref[0]!)
    if (found !== undefined) return found
    throw new ForgeError('KEYRING_DAMAGED', `the keyring has no key for shred bucket ${ref[0]}`)
  }

  #remember(ref: Uint8Array, key: SuiteKey): void {
    if (this.#cache.size >= CACHED_KEYS_MAX) this.lock()
    this.#cache.set(toHex(ref), key)
  }

  #forget(ref: Uint8Array): void {
    const name = toHex(ref)
    this.#cache.get(name)?.wipe()
    this.#cache.delete(name)
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const run = this.#changing.then(change)
    this.#changing = run.catch(() => undefined)
    return run
  }
}

function recordOf({ id, startedMs, doneMs, refs, bucketKeys }: ErasureRow): ErasureRecord {
  return { id: toHex(id), startedMs, doneMs, shredKeys: refs.length, bucketKeysDestroyed: bucketKeys }
}
