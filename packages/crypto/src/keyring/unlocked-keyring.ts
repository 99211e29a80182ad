import { assert, type Clock, type Random } from '@forgeone/common'
import type { KeyTable } from '../sealing/key-table.ts'
import { NoncePool } from '../sealing/nonce-pool.ts'
import { createSealer, type Sealer } from '../sealing/sealer.ts'
import { suiteById } from '../suite/suite-table.ts'
import type { Suite, SuiteName } from '../suite/suite.ts'
import { createKeyRecord, keyInfo, loadDataKey, type KeyInfo } from './data-key.ts'
import type { IndexKeys, IndexPurpose } from './index-keys.ts'
import { freshKeyId } from './key-id.ts'
import { INDEX_SCOPE, KEYS_MAX, type KeyRecord } from './keyring-document.ts'
import type { CopyName } from './keyring-file.ts'
import type { KeyringWriter } from './keyring-writer.ts'
import type { Keyring } from './keyring.ts'
import type { MasterKey } from './master-key.ts'
import { checkDataScope } from './scope-name.ts'
import { slotInfo, type SlotInfo } from './slot.ts'

/** Everything an open keyring is made of. */
export interface KeyringParts {
  readonly writer: KeyringWriter
  readonly table: KeyTable
  readonly master: MasterKey
  readonly index: IndexKeys
  readonly damagedCopies: readonly CopyName[]
  readonly clock: Clock
  readonly random: Random
}

/** The one implementation of {@link Keyring}: joins document, keys and writer. */
export class UnlockedKeyring implements Keyring {
  readonly #parts: KeyringParts
  readonly #nonces: NoncePool
  readonly #suite: Suite
  #adding: Promise<void> = Promise.resolve()

  constructor(parts: KeyringParts) {
    this.#parts = parts
    this.#nonces = new NoncePool(parts)
    const index = parts.writer.document.keys.find((key) => key.scope === INDEX_SCOPE)!
    this.#suite = suiteById(index.suite)!
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
    const { table, master } = this.#parts
    table.checkUnlocked()
    return createSealer({ table, nonces: this.#nonces, storeId: master.storeId, scope, keyspace })
  }

  ensureScopes(scopes: readonly string[]): Promise<void> {
    // One at a time, or two callers would both miss a scope and make two keys for it.
    const run = this.#adding.then(() => this.#addMissing(scopes))
    this.#adding = run.catch(() => {})
    return run
  }

  keyedHash(purpose: IndexPurpose, value: Uint8Array): Uint8Array {
    return this.#parts.index.hash(purpose, value)
  }

  fileMac(label: string, bytes: Uint8Array): Uint8Array {
    return this.#parts.master.fileMac(label, bytes)
  }

  list(): KeyInfo[] {
    return this.#parts.writer.document.keys.map(keyInfo)
  }

  slots(): SlotInfo[] {
    return this.#parts.writer.document.slots.map(slotInfo)
  }

  lock(): void {
    const { table, master, index } = this.#parts
    table.lock()
    master.lock()
    index.lock()
  }

  async flush(): Promise<void> {
    await this.#adding
    await this.#parts.writer.settled()
  }

  async #addMissing(scopes: readonly string[]): Promise<void> {
    const { writer, table, master, clock, random } = this.#parts
    table.checkUnlocked()
    for (const scope of scopes) checkDataScope(scope)
    const known = new Set(writer.document.keys.map((key) => key.scope))
    const missing = [...new Set(scopes)].filter((scope) => !known.has(scope))
    if (missing.length === 0) return
    assert(writer.document.keys.length + missing.length <= KEYS_MAX, 'a keyring holds at most KEYS_MAX keys')
    const records: KeyRecord[] = []
    for (const scope of missing) {
      const id = freshKeyId(writer.document, records, random)
      records.push(createKeyRecord({ id, scope, suite: this.#suite, master, created: clock.now(), random }))
    }
    const loaded = await Promise.all(
      records.map((record) => loadDataKey({ record, master, reservations: writer })),
    )
    // Into the document before the write: a reservation that overtakes it must carry the new keys too.
    writer.change((document) => ({ ...document, keys: [...document.keys, ...records] }))
    try {
      await writer.persist()
      table.checkUnlocked()
    } catch (error) {
      for (const key of loaded) key.cipher.wipe()
      const dropped = new Set(records.map((record) => record.id))
      writer.change((document) => ({ ...document, keys: document.keys.filter(({ id }) => !dropped.has(id)) }))
      throw error
    }
    // Usable only now: a value sealed under a key that a crash forgets would be lost.
    for (const key of loaded) table.add(key)
  }
}
