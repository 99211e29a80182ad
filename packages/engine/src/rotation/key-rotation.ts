import { canonicalJson, ForgeError, Turns, type JsonObject } from '@forgeone/common'
import type { KeyInfo, Keyring, KeyProvider, SlotInfo } from '@forgeone/crypto'
import type { Applier } from '../commit/applier.ts'
import type { Committer } from '../commit/committer.ts'
import { storeClosed } from '../health/store-closed.ts'
import type { LocalStoreParts } from '../parts/local-store-parts.ts'
import type { CommitPlace, Operation } from '../port/store.ts'
import { mergedUses, type KeyCopies, type KeyUseCounts } from '../port/key-use-counts.ts'
import { countKeyUses } from './key-uses.ts'
import { committedBatch, observedBatch } from './reseal-batch.ts'
import { resealDatabase, type ResealOptions } from './reseal.ts'

/** Keys of a store are changed here: rotated, re-sealed, destroyed, and the ways to the master key. */
export interface KeyRotationOptions {
  readonly parts: LocalStoreParts
  readonly committer: Committer
  readonly applier: Applier
  /** Ends the journal's segments before now, and with them what they were sealed under. */
  readonly flush: () => Promise<void>
  readonly copies: KeyCopies | undefined
}

export interface ResealReport {
  /** Values sealed anew, by database. */
  readonly resealed: ReadonlyMap<string, number>
}

const JOURNAL = 'journal'

/**
 * Nothing changes, not even the keyring, while the store takes no commits: each change has one that tells of it.
 *
 * @see LocalStore.keys
 */
export class KeyRotation {
  readonly #options: KeyRotationOptions
  /** Changes of the keyring that a caller asked for: the closing waits for them. */
  readonly #changes = new Turns()
  readonly #resealing = new Turns()
  readonly #ending = new AbortController()
  /** Older keys that a whole re-sealing has left without values; they stay until somebody destroys them. */
  readonly #cleared = new Set<number>()

  constructor(options: KeyRotationOptions) {
    this.#options = options
  }

  get keyring(): Keyring {
    return this.#options.parts.keyring
  }

  /** Scopes with data keys: the databases and the journal. */
  get scopes(): readonly string[] {
    return [...this.#options.parts.file.databases, JOURNAL]
  }

  /** Scopes that hold, or may hold, values under older keys. */
  get unfinished(): readonly string[] {
    const older = this.#older().filter(({ id }) => !this.#cleared.has(id))
    return [...new Set(older.map(({ scope }) => scope))].filter((scope) => this.scopes.includes(scope))
  }

  /**
   * Gives each scope a new key to seal with, at once. What is stored moves with `reseal`.
   * @throws CRYPTO_KEY_UNKNOWN for a scope that is none, CRYPTO_KEY_EXHAUSTED, IO_FAILED
   */
  rotate(scopes: readonly string[] = this.scopes): Promise<readonly KeyInfo[]> {
    return this.#change(async () => {
      for (const scope of scopes) this.#checkScope(scope)
      const made: KeyInfo[] = []
      // One after the other: each is a write of the keyring.
      for (const scope of scopes) made.push(await this.keyring.rotateData(scope))
      return made
    })
  }

  /** Seals every value under the present keys, while the store goes on; calls take turns. */
  reseal(options: ResealOptions = {}): Promise<ResealReport> {
    return this.#resealing.run(() => this.#reseal(options))
  }

  /** Counts what is sealed under each key. @throws DATABASE_OFFLINE, JOURNAL_DAMAGED */
  async uses(): Promise<KeyUseCounts> {
    return mergedUses(await this.#ownUses(), await this.#copyUses())
  }

  /**
   * Destroys a key that nothing stored is sealed under. One that only copies need is retired: later copies do without it.
   * @throws KEY_IN_USE with the counts, KEY_UNKNOWN, DATABASE_OFFLINE, IO_FAILED
   */
  async destroy(keyId: number): Promise<void> {
    this.#assertChangeable()
    // Rows that were replaced may still lie in the journal.
    await this.#options.flush()
    await this.#change(async () => {
      const uses = await this.#ownUses()
      const copies = await this.#copyUses()
      if (!uses.has(keyId) && copies.has(keyId) && this.#isOlder(keyId))
        await this.#options.copies?.retire(keyId)
      const counts = mergedUses(uses, copies)
      await this.keyring.destroyKey({ keyId, uses: counts.get(keyId) ?? new Map() })
    })
  }

  addSlot(provider: KeyProvider): Promise<SlotInfo> {
    return this.#change(() => this.keyring.addSlot(provider))
  }

  removeSlot(id: number): Promise<void> {
    return this.#change(() => this.keyring.removeSlot(id))
  }

  rotateMaster(providers: readonly KeyProvider[]): Promise<void> {
    return this.#change(() => this.keyring.rotateMaster(providers))
  }

  /** Ends a re-sealing between two batches and takes no change any more; settles when none is under way. */
  async close(): Promise<void> {
    this.#ending.abort(storeClosed())
    await this.#resealing.idle()
    await this.#changes.idle()
  }

  /** Records a change of keys as a commit of its own, with the revision of the keyring that has it. */
  async record(o: {
    readonly action: string
    readonly actor?: string | undefined
    readonly facts: JsonObject
    readonly operations: readonly Operation[]
  }): Promise<CommitPlace> {
    const context = { ...o.facts, revision: this.keyring.revision }
    const facts = {
      actor: o.actor ?? 'app',
      action: o.action,
      resourceClass: 'keys',
      context: canonicalJson(context, { code: 'INTERNAL', what: 'the facts of a change of keys' }),
    }
    return await this.#options.committer.submit(() => ({ facts, operations: o.operations }), {
      privileged: true,
    })
  }

  async #ownUses(): Promise<KeyUseCounts> {
    await this.#options.committer.settled()
    return await countKeyUses(this.#options.parts)
  }

  async #copyUses(): Promise<KeyUseCounts> {
    return (await this.#options.copies?.keyUses()) ?? new Map()
  }

  /** It was replaced, so that nothing is sealed under it any more. */
  #isOlder(keyId: number): boolean {
    return this.keyring.list().some(({ id, state }) => id === keyId && state === 'decrypt-only')
  }

  #assertChangeable(): void {
    this.#ending.signal.throwIfAborted()
    this.#options.parts.health.assertWritable()
  }

  #change<T>(action: () => Promise<T>): Promise<T> {
    return this.#changes.run(async () => {
      this.#assertChangeable()
      return await action()
    })
  }

  async #reseal(asked: ResealOptions): Promise<ResealReport> {
    this.#assertChangeable()
    const { parts, committer, applier } = this.#options
    const ending = this.#ending.signal
    const signal = asked.signal === undefined ? ending : AbortSignal.any([asked.signal, ending])
    const options = { ...asked, signal }
    await this.#finishRotations()
    const older = this.#older()
    const resealed = new Map<string, number>()
    for (const [name, database] of parts.online) {
      const target = { database, primaryId: this.#primaryId(name) }
      const batch =
        database === parts.observation?.database
          ? observedBatch(target, applier)
          : committedBatch(target, { committer, actor: options.actor })
      resealed.set(name, await resealDatabase({ database: name, batch }, options))
    }
    await this.#options.flush()
    for (const { id } of older) this.#cleared.add(id)
    return { resealed }
  }

  #older(): readonly KeyInfo[] {
    return this.keyring.list().filter(({ state }) => state === 'decrypt-only' || state === 'pending')
  }

  /** A crash may have left a new key that was not put in force. */
  async #finishRotations(): Promise<void> {
    const pending = this.keyring.list().filter(({ state }) => state === 'pending')
    // A signing key that waits is put in force by whoever tells of it.
    await this.rotate(pending.map(({ scope }) => scope).filter((scope) => this.scopes.includes(scope)))
  }

  #checkScope(scope: string): void {
    if (this.scopes.includes(scope)) return
    throw new ForgeError('CRYPTO_KEY_UNKNOWN', `${scope} is no scope whose keys are rotated here`, {
      details: { scope },
    })
  }

  #primaryId(scope: string): number {
    const key = this.keyring.list().find((each) => each.scope === scope && each.state === 'primary')
    if (key === undefined) throw new ForgeError('CRYPTO_KEY_UNKNOWN', `the keyring has no key for ${scope}`)
    return key.id
  }
}
