import { assert, utf8Encode } from '@forgeone/common'
import type { KeyProvider } from '../provider/key-provider.ts'
import { NoncePool } from '../sealing/nonce-pool.ts'
import { createSealer, type Sealer } from '../sealing/sealer.ts'
import { ShredKeys } from '../shred/shred-keys.ts'
import { OWNER_BYTES } from '../shred/shred-rows.ts'
import type { ShredStore } from '../shred/shred-store.ts'
import { ed25519Signer, type Signer } from '../signing/ed25519.ts'
import { checkSuiteAllowed } from '../suite/allowed-suites.ts'
import { suiteById } from '../suite/suite-table.ts'
import type { Suite, SuiteName } from '../suite/suite.ts'
import { createKeyRecord, isSealing, keyInfo, loadDataKey, withUnwrapped, type KeyInfo } from './data-key.ts'
import type { IndexPurpose } from './index-keys.ts'
import { freshKeyId } from './key-id.ts'
import { INDEX_SCOPE, KEYS_MAX, type KeyRecord } from './keyring-document.ts'
import type { CopyName } from './keyring-file.ts'
import type { KeyringParts } from './keyring-parts.ts'
import type { Keyring } from './keyring.ts'
import { masterCreatedMs } from './master-age.ts'
import { destroyDataKey, rotateDataKey, rotateDataKeyNow, rotateMasterKey, type KeyUses } from './rotation.ts'
import { checkDataScope } from './scope-name.ts'
import { ShredBuckets } from './shred-buckets.ts'
import { nextSigningKey, replaceSigningKey, retiredSigningKeys, signingKeys } from './signing-keys.ts'
import { addSlot, removeSlot } from './slot-changes.ts'
import { slotInfo, slotOpener, type SlotInfo } from './slot.ts'

/** Shred keys seal with it, whatever the suite of the store is: nobody counts their seals. */
const SHRED_SUITE: SuiteName = 'xchacha20-poly1305'

/** The one implementation of {@link Keyring}: joins document, keys and writer. */
export class UnlockedKeyring implements Keyring {
  readonly #parts: KeyringParts
  readonly #nonces: NoncePool
  readonly #suite: Suite
  readonly #signers = new Map<number, Signer>()
  #changing: Promise<unknown> = Promise.resolve()

  constructor(parts: KeyringParts) {
    this.#parts = parts
    this.#nonces = new NoncePool(parts)
    const index = parts.writer.document.keys.find((key) => key.scope === INDEX_SCOPE)!
    this.#suite = suiteById(index.suite)!
    parts.table.onSpent((scope) => rotateDataKeyNow(parts, scope))
  }

  get suite(): SuiteName {
    return this.#suite.name
  }

  get revision(): number {
    return this.#parts.writer.document.revision
  }

  get damagedCopies(): readonly CopyName[] {
    return this.#parts.damagedCopies
  }

  sealer(scope: string, keyspace: Uint8Array): Sealer {
    const { table, writer } = this.#parts
    table.checkUnlocked()
    return createSealer({ table, nonces: this.#nonces, storeId: writer.master.storeId, scope, keyspace })
  }

  get masterCreatedMs(): number {
    return masterCreatedMs(this.#parts.writer.document)
  }

  get openedSlot(): number {
    return this.#parts.openedSlot
  }

  ensureScopes(scopes: readonly string[]): Promise<void> {
    return this.#inTurn(() => this.#addMissing(scopes))
  }

  rotateData(scope: string): Promise<KeyInfo> {
    return this.#inTurn(() => rotateDataKey(this.#parts, scope))
  }

  rotateMaster(providers: readonly KeyProvider[]): Promise<void> {
    return this.#inTurn(() => rotateMasterKey(this.#parts, slotOpener(providers)))
  }

  destroyKey(uses: KeyUses): Promise<void> {
    return this.#inTurn(async () => {
      await destroyDataKey(this.#parts, uses)
      this.#forgetSigner(uses.keyId)
    })
  }

  addSlot(provider: KeyProvider): Promise<SlotInfo> {
    return this.#inTurn(() => addSlot(this.#parts, provider))
  }

  removeSlot(id: number): Promise<void> {
    return this.#inTurn(() => removeSlot(this.#parts, id))
  }

  async openShredKeys(
    store: ShredStore,
    { finishErasures }: { readonly finishErasures?: boolean | undefined } = {},
  ): Promise<ShredKeys> {
    const { writer, table, index, allowedSuites, clock, random } = this.#parts
    table.checkUnlocked()
    checkSuiteAllowed({ suite: SHRED_SUITE, allowed: allowedSuites, what: 'what is erased key by key' })
    const options = {
      store,
      buckets: new ShredBuckets({ writer, random }),
      storeId: writer.master.storeId,
      hashOwner: (owner: string) =>
        index.hash('blind', utf8Encode(`shred owner ${owner}`)).subarray(0, OWNER_BYTES),
      hashRow: (bytes: Uint8Array) => index.hash('shred-row', bytes),
      clock,
      random,
    }
    return await ShredKeys.open(options, { finishErasures })
  }

  raiseRevision(revision: number): Promise<void> {
    const { writer } = this.#parts
    // The write adds one.
    return this.#inTurn(() =>
      writer.update((document) => ({ ...document, revision: Math.max(document.revision, revision - 1) })),
    )
  }

  get hasShredKeys(): boolean {
    return this.#parts.writer.document.shred.length > 0
  }

  async accepts(provider: KeyProvider): Promise<boolean> {
    const open = slotOpener([provider])
    for (const slot of this.#parts.writer.document.slots) {
      // One after the other: a derivation takes tens of megabytes.
      const key = await open(slot)
      if (key === undefined) continue
      key.fill(0)
      return true
    }
    return false
  }

  signers(): readonly Signer[] {
    const { writer, clock } = this.#parts
    return signingKeys(writer.document, clock.now()).map((record) => this.#signer(record))
  }

  nextSigner(o: { readonly alone?: boolean | undefined } = {}): Promise<Signer> {
    return this.#inTurn(async () => this.#signer(await nextSigningKey(this.#parts, o)))
  }

  replaceSigner(): Promise<Signer> {
    return this.#inTurn(async () => {
      const record = await replaceSigningKey(this.#parts)
      for (const id of this.#signers.keys()) if (id !== record.id) this.#forgetSigner(id)
      return this.#signer(record)
    })
  }

  retiredSigners(): readonly number[] {
    const { writer, clock } = this.#parts
    return retiredSigningKeys(writer.document, clock.now()).map(({ id }) => id)
  }

  keyedHash(purpose: IndexPurpose, value: Uint8Array): Uint8Array {
    return this.#parts.index.hash(purpose, value)
  }

  subkey(purpose: IndexPurpose, label: string): Uint8Array {
    return this.#parts.index.subkey(purpose, label)
  }

  fileMac(label: string, bytes: Uint8Array): Uint8Array {
    return this.#parts.writer.master.fileMac(label, bytes)
  }

  lastingMac(label: string, bytes: Uint8Array): Uint8Array {
    return this.#parts.index.fileMac(label, bytes)
  }

  list(): KeyInfo[] {
    return this.#parts.writer.document.keys.map(keyInfo)
  }

  slots(): SlotInfo[] {
    return this.#parts.writer.document.slots.map(slotInfo)
  }

  lock(): void {
    const { table, writer, index } = this.#parts
    for (const signer of this.#signers.values()) signer.lock()
    this.#signers.clear()
    table.lock()
    writer.master.lock()
    index.lock()
  }

  async flush(): Promise<void> {
    await this.#changing
    await this.#parts.writer.settled()
  }

  /** One for each key, so that its seed is in memory once, and is forgotten with the other keys. */
  #signer(record: KeyRecord): Signer {
    const known = this.#signers.get(record.id)
    if (known !== undefined) return known
    const signer = withUnwrapped(record, this.#parts.writer.master, ed25519Signer)
    this.#signers.set(record.id, signer)
    return signer
  }

  #forgetSigner(id: number): void {
    this.#signers.get(id)?.lock()
    this.#signers.delete(id)
  }

  /** Changes take turns, or two of them would both miss a scope, or promote over each other. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const run = this.#changing.then(async () => {
      this.#parts.table.checkUnlocked()
      return await change()
    })
    this.#changing = run.catch(() => {})
    return run
  }

  async #addMissing(scopes: readonly string[]): Promise<void> {
    const { writer, table, sealsMax, clock, random } = this.#parts
    const { master } = writer
    for (const scope of scopes) checkDataScope(scope)
    const known = new Set(writer.document.keys.map((key) => key.scope))
    const missing = [...new Set(scopes)].filter((scope) => !known.has(scope))
    if (missing.length === 0) return
    assert(writer.document.keys.length + missing.length <= KEYS_MAX, 'a keyring holds at most KEYS_MAX keys')
    const records: KeyRecord[] = []
    for (const scope of missing) {
      const id = freshKeyId(writer.document, records, random)
      const place = { id, scope, epoch: 1, state: 'primary' } as const
      const created = clock.now()
      records.push(createKeyRecord({ ...place, suite: this.#suite, master, created, random }))
    }
    const loaded = await Promise.all(
      records
        .filter(isSealing)
        .map((record) => loadDataKey({ record, master, reservations: writer, sealsMax })),
    )
    try {
      await writer.update((document) => ({ ...document, keys: [...document.keys, ...records] }))
      table.checkUnlocked()
    } catch (error) {
      for (const key of loaded) key.cipher.wipe()
      throw error
    }
    // Usable only now: a value sealed under a key that a crash forgets would be lost.
    for (const key of loaded) table.add(key)
  }
}
