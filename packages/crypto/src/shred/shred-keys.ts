import { ForgeError, toHex, type Clock, type Random } from '@forgeone/common'
import { KEY_BYTES } from '../hash/hkdf.ts'
import { fromBase64 } from '../kdf/strict-base64.ts'
import { xChaCha20Poly1305 } from '../suite/xchacha20-poly1305.ts'
import type { SuiteKey } from '../suite/suite.ts'
import type { BucketKeyring, BucketKeys } from './bucket-keys.ts'
import { LedgeredRows } from './ledgered-rows.ts'
import { finishErasure, isErasureUnderWay } from './shred-erasure.ts'
import type { RowHash } from './shred-ledger.ts'
import {
  ALL_ERASURES,
  decodeErasure,
  encodeErasure,
  ERASURE_ID_BYTES,
  erasureRow,
  keyRow,
  keysOfOwner,
  ownerRow,
  refOf,
  SHRED_REF_BYTES,
  type ErasureRow,
} from './shred-rows.ts'
import type { ShredStore } from './shred-store.ts'
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
  readonly buckets: BucketKeyring
  /** 16 bytes. */
  readonly storeId: Uint8Array
  /** Hides the name of an owner in row keys. */
  readonly hashOwner: (owner: string) => Uint8Array
  readonly hashRow: RowHash
  readonly clock: Clock
  readonly random: Random
}

/**
 * Keys that can be destroyed one by one: each belongs to a subject, a tenant or a version of a secret, and erasing it
 * makes everything sealed under it unreadable in every copy of the data, backups included.
 */
export class ShredKeys {
  readonly #options: ShredKeysOptions
  readonly #rows: LedgeredRows
  readonly #cache = new Map<string, SuiteKey>()
  /** References of keys whose erasure was begun and is not known to be finished. */
  readonly #going = new Set<string>()
  /** Erasures that deleted rows: a row that was read before one of them may be of a key that is gone. */
  #erased = 0
  /** Changes take turns: a key created amid the erasure of its bucket could be wrapped by a key about to go. */
  #changing: Promise<unknown> = Promise.resolve()

  private constructor(options: ShredKeysOptions, rows: LedgeredRows) {
    this.#options = options
    this.#rows = rows
  }

  /**
   * Finishes every erasure that a crash cut short, if the rows are authentic.
   * @param o.finishErasures false: nothing is changed; their keys are as good as gone all the same
   * @throws KEYRING_DAMAGED, IO_FAILED
   */
  static async open(
    options: ShredKeysOptions,
    { finishErasures = true }: { readonly finishErasures?: boolean | undefined } = {},
  ): Promise<ShredKeys> {
    const keys = new ShredKeys(options, await LedgeredRows.open(options.store, options.hashRow))
    if (keys.fault !== undefined) return keys
    for await (const row of keys.#erasures()) {
      if (row.doneMs > 0) continue
      // One after the other: each may rewrite the bucket of the next.
      if (finishErasures) await keys.#finish(row)
      else keys.#begin(row)
    }
    return keys
  }

  /** What speaks against the rows: what is there can be read, but nothing is created or erased. */
  get fault(): ForgeError | undefined {
    return this.#rows.fault
  }

  /** Rises with each change of keys. */
  get generation(): number {
    return this.#rows.generation
  }

  /** Refuses rows that are older than what a commit told of. */
  requireGeneration(told: number): void {
    if (this.generation >= told) return
    this.#rows.distrust(
      new ForgeError(
        'SHRED_KEYS_TAMPERED',
        `\`keys\` has generation ${this.generation}, but the store has seen ${told}: an older one was put back`,
        { details: { generation: this.generation, told } },
      ),
    )
  }

  /** Compares every row with the ledger. @returns what speaks against them */
  check(): Promise<ForgeError | undefined> {
    return this.#inTurn(async () => this.fault ?? (await this.#rows.check()))
  }

  /** Takes the rows as they are, without erasures that were not finished. @param told a generation that a commit told of */
  accept(told: number): Promise<void> {
    return this.#inTurn(() => this.#rows.accept({ generation: told, keep: (row) => !isErasureUnderWay(row) }))
  }

  /** Makes a key, durably: before the commit that uses it; one that no commit uses does no harm. @returns its reference */
  create(owner: string): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      this.#rows.assertTrusted()
      const { buckets, random } = this.#options
      const ref = random.bytes(SHRED_REF_BYTES)
      await buckets.ensure(ref[0]!)
      const key = random.bytes(KEY_BYTES)
      try {
        const { current } = this.#bucket(ref)
        const wrapped = fromBase64(current.wrapping.wrapFor({ place: ref, key, random }))!
        const name = this.#options.hashOwner(owner)
        await this.#rows.write([
          { key: keyRow(ref), value: wrapped },
          { key: ownerRow(name, ref), value: new Uint8Array(0) },
        ])
        this.#remember(toHex(ref), xChaCha20Poly1305.createKey(key))
        return ref
      } finally {
        key.fill(0)
      }
    })
  }

  /** Deletes a key that was never used, without the cost of erasing it: what nothing was sealed under need not be erased. */
  discard(ref: Uint8Array, owner: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#rows.write([
        { key: keyRow(ref), value: undefined },
        { key: ownerRow(this.#options.hashOwner(owner), ref), value: undefined },
      ])
      this.#erased++
      this.#forget(toHex(ref))
    })
  }

  /** The reference that a value of version 2 names, in hexadecimal. @throws CRYPTO_FORMAT */
  refOf(sealed: Uint8Array): string {
    return toHex(shredRefOf(sealed))
  }

  /** The keys of an owner. @throws SHRED_KEYS_TAMPERED when some could be missing */
  async ofOwner(owner: string): Promise<readonly Uint8Array[]> {
    this.#rows.assertTrusted()
    const refs = await this.#refsOf(owner)
    return refs.filter((ref) => !this.#going.has(toHex(ref)))
  }

  /** Whether a key is there. */
  async has(ref: Uint8Array): Promise<boolean> {
    return (await this.#rows.get(keyRow(ref))) !== undefined
  }

  /** @throws CRYPTO_KEY_DESTROYED, also while it is being erased, SHRED_KEYS_TAMPERED, CRYPTO_VALUE_TOO_LARGE */
  async seal(
    ref: Uint8Array,
    o: { readonly place: readonly Uint8Array[]; readonly value: Uint8Array },
  ): Promise<Uint8Array> {
    const nonce = this.#options.random.bytes(xChaCha20Poly1305.nonceBytes)
    const place = [this.#options.storeId, ...o.place]
    return await this.#withKey(ref, (key) => sealShredValue({ key, ref, nonce, place, value: o.value }))
  }

  /** @throws CRYPTO_KEY_DESTROYED, SHRED_KEYS_TAMPERED, CRYPTO_FORMAT, CRYPTO_OPEN_FAILED */
  async open(o: { readonly place: readonly Uint8Array[]; readonly sealed: Uint8Array }): Promise<Uint8Array> {
    const place = [this.#options.storeId, ...o.place]
    return await this.#withKey(shredRefOf(o.sealed), (key) =>
      openShredValue({ key, place, sealed: o.sealed }),
    )
  }

  /**
   * Destroys keys for good. From the moment it is written nothing is sealed or opened under them, and when it settles,
   * neither table files nor old copies of the shred store give them back; a backup of the keyring of before does until it
   * is gone. Unknown and erased references are passed over.
   * @param refs those of an owner are taken when the erasure has its turn, and with them any that were created until then
   * @param o.id 16 bytes that name the erasure: a repeated call with the same id does nothing more
   * @throws SHRED_KEYS_TAMPERED, IO_FAILED; what was begun is finished at the next opening
   */
  erase(
    refs: readonly Uint8Array[] | { readonly owner: string },
    o: { readonly id?: Uint8Array } = {},
  ): Promise<ErasureRecord> {
    return this.#inTurn(async () => {
      this.#rows.assertTrusted()
      const id = o.id ?? this.#options.random.bytes(ERASURE_ID_BYTES)
      const known = await this.#rows.get(erasureRow(id))
      if (known !== undefined) return await this.#finish(decodeErasure(erasureRow(id), known))
      const [owner, chosen] =
        'owner' in refs
          ? [this.#options.hashOwner(refs.owner), await this.#refsOf(refs.owner)]
          : [undefined, refs]
      const row = { id, startedMs: this.#options.clock.now(), doneMs: 0, owner, refs: chosen, bucketKeys: [] }
      // Before the row is written: a write of unknown outcome may be finished at the next opening.
      this.#begin(row)
      await this.#rows.write([{ key: erasureRow(id), value: encodeErasure(row) }])
      return await this.#finish(row)
    })
  }

  /** Whether an erasure of this id was begun. */
  async isErased(id: Uint8Array): Promise<boolean> {
    return (await this.#rows.get(erasureRow(id))) !== undefined
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
    for await (const page of this.#rows.scan(ALL_ERASURES)) {
      for (const { key, value } of page) yield decodeErasure(key, value)
    }
  }

  async #refsOf(owner: string): Promise<readonly Uint8Array[]> {
    const refs: Uint8Array[] = []
    for await (const page of this.#rows.scan(keysOfOwner(this.#options.hashOwner(owner)))) {
      for (const { key } of page) refs.push(refOf(key))
    }
    return refs
  }

  #begin({ refs }: ErasureRow): void {
    for (const ref of refs) {
      this.#going.add(toHex(ref))
      this.#forget(toHex(ref))
    }
  }

  async #finish(row: ErasureRow): Promise<ErasureRecord> {
    if (row.doneMs > 0) return recordOf(row)
    this.#begin(row)
    const { buckets, clock, random } = this.#options
    const done = await finishErasure(row, {
      rows: this.#rows,
      buckets,
      clock,
      random,
      unwrap: (ref, wrapped) => this.#unwrap(ref, wrapped),
    })
    // Whoever read a row before it was deleted reads it again, and finds nothing.
    this.#erased++
    for (const ref of row.refs) this.#going.delete(toHex(ref))
    return recordOf(done)
  }

  /**
   * Uses a key in the turn in which it was found to stand. A key handed out over an `await` could be erased or wiped
   * before its use, and a wiped key is all zeros.
   */
  async #withKey<T>(ref: Uint8Array, use: (key: SuiteKey) => T): Promise<T> {
    const name = toHex(ref)
    for (;;) {
      if (this.#going.has(name)) throw this.#absent()
      const cached = this.#cache.get(name)
      if (cached !== undefined) return use(cached)
      const erased = this.#erased
      const wrapped = await this.#rows.get(keyRow(ref))
      if (erased !== this.#erased || this.#going.has(name)) continue
      if (wrapped === undefined) throw this.#absent()
      const bytes = this.#unwrap(ref, wrapped)
      this.#remember(name, xChaCha20Poly1305.createKey(bytes))
      bytes.fill(0)
    }
  }

  /** Of rows that somebody else has changed it cannot be said why one is absent. */
  #absent(): ForgeError {
    return this.fault ?? new ForgeError('CRYPTO_KEY_DESTROYED', 'the key of this value was erased')
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
    const found = this.#options.buckets.find(ref[0]!)
    if (found !== undefined) return found
    throw new ForgeError('KEYRING_DAMAGED', `the keyring has no key for shred bucket ${ref[0]}`)
  }

  #remember(name: string, key: SuiteKey): void {
    if (this.#cache.size >= CACHED_KEYS_MAX) this.lock()
    this.#cache.get(name)?.wipe()
    this.#cache.set(name, key)
  }

  #forget(name: string): void {
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
