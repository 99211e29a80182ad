import {
  ByteReader,
  ByteWriter,
  canonicalJson,
  ForgeError,
  isForgeError,
  utf8Encode,
  type JsonObject,
} from '@forgeone/common'
import { newShares, type KeyInfo, type Keyring, type KeyProvider, type SlotInfo } from '@forgeone/crypto'
import {
  checkAct,
  type KeyRotation,
  type KeyUseCounts,
  type ManagedStore,
  type Operation,
  type ResealOptions,
  type ResealReport,
} from '@forgeone/engine'
import { CACHE_SCOPE } from '../cache/forge-cache.ts'
import { checkedReseal } from '../arguments/long-work.ts'
import { SYSTEM_DATABASE } from '../layout/database-names.ts'
import { KEY_ACTS } from './key-acts.ts'
import { checkKeyId, checkProviders, checkScopes, optionOf } from './key-arguments.ts'
import type { ToldShredKeys } from './told-shred-keys.ts'

/** Where the newest revision of the keyring that a commit told of is kept: version u8 | revision u64. */
const REVISION_KEY = utf8Encode('\u0013keyring-revision')
const REVISION_VERSION = 1
/** Reservations of seals raise the revision too, and no commit tells of them: an accepted keyring leaps over them all. */
const REVISION_LEAP = 2 ** 20

/** What one commit has room to tell of, however long their names are. */
const SCOPES_PER_COMMIT_MAX = 24
/** Ids of keys and slots, in what is written of them before they are known. */
const KEY_ID_MAX = 0xffff_ffff

/** Keys and the ways to unlock them; never key material. */
export interface KeysStatus {
  readonly revision: number
  readonly slots: readonly SlotInfo[]
  /** The slot whose secret opened the store. */
  readonly openedSlot: number
  /** When the master key was made, ms since 1970. */
  readonly masterCreatedMs: number
  readonly keys: readonly KeyInfo[]
  /** Scopes that may hold values under older keys: `reseal` goes on with them. */
  readonly unfinished: readonly string[]
}

export interface ForgeKeysOptions {
  readonly store: ManagedStore
  readonly shredKeys: ToldShredKeys
  /** Removes every value that the keys of the cache have sealed. */
  readonly emptyCache: () => Promise<void>
}

/** Rotation of keys, and the ways to unlock a store. Every change is a commit that names the keyring's revision. */
export class ForgeKeys {
  readonly #rotation: KeyRotation
  readonly #emptyCache: () => Promise<void>
  readonly #shredKeys: ToldShredKeys
  /** Nothing changes, not even the keyring, in a store that takes no commits. */
  readonly #assertWritable: () => void

  private constructor({ store, shredKeys, emptyCache }: ForgeKeysOptions) {
    this.#rotation = store.keys
    this.#shredKeys = shredKeys
    this.#emptyCache = emptyCache
    // Keys are written by path, before the commit that tells of them.
    this.#assertWritable = () => store.assertWritable(SYSTEM_DATABASE)
  }

  /**
   * Refuses a keyring that is older than one a commit has told of: a key destroyed or a slot removed since would be back.
   * @param o.acceptRestored goes on with it, under a revision above all that were seen, and a commit tells why
   * @throws KEYRING_ROLLED_BACK
   */
  static async open(
    options: ForgeKeysOptions,
    o: { readonly acceptRestored?: { readonly reason: string } | undefined } = {},
  ): Promise<ForgeKeys> {
    const { store } = options
    const keys = new ForgeKeys(options)
    // Without the database that knows, nobody can say that the keyring is older; nor is anything changed then.
    const isKnown = store.isOnline(SYSTEM_DATABASE)
    const told = decodeRevision(isKnown ? await store.get(SYSTEM_DATABASE, REVISION_KEY) : undefined)
    const { keyring } = store.keys
    const { revision } = keyring
    const { acceptRestored } = o
    if (acceptRestored === undefined) {
      if (revision < told) throw rolledBack({ revision, told })
      await options.shredKeys.look()
      return keys
    }
    const facts = { restored: revision, told, reason: acceptRestored.reason.trim() }
    // Before anything is accepted: a reason that no commit may bear is refused.
    keys.#assertTellable('keys.restored', facts)
    if (revision < told) await keyring.raiseRevision(told + REVISION_LEAP)
    const isAccepted = await options.shredKeys.accept()
    if (revision < told || isAccepted) await keys.#record('keys.restored', facts)
    return keys
  }

  /** What has data keys of its own: each database, the journal, and the cache once it was used. */
  get scopes(): readonly string[] {
    const hasCache = this.#rotation.keyring.list().some(({ scope }) => scope === CACHE_SCOPE)
    return [...this.#rotation.scopes, ...(hasCache ? [CACHE_SCOPE] : [])]
  }

  status(): KeysStatus {
    const { keyring } = this.#rotation
    return {
      revision: keyring.revision,
      slots: keyring.slots(),
      openedSlot: keyring.openedSlot,
      masterCreatedMs: keyring.masterCreatedMs,
      keys: keyring.list(),
      unfinished: this.#rotation.unfinished,
    }
  }

  /**
   * Seals with new keys from now on; what is stored moves with `reseal`. What lies in the cache stays, and is read under
   * its old key until it expires there.
   * @throws CRYPTO_KEY_UNKNOWN for a scope that is none, CRYPTO_KEY_EXHAUSTED, IO_FAILED
   */
  async rotate(
    options: { readonly scopes?: readonly string[] | undefined } = {},
  ): Promise<readonly KeyInfo[]> {
    const scopes = optionOf(options, 'scopes')
    const all = scopes === undefined ? this.scopes : checkScopes(scopes, this.scopes)
    const made: KeyInfo[] = []
    for (let from = 0; from < all.length; from += SCOPES_PER_COMMIT_MAX) {
      // One after the other: each is told of before the next is begun.
      made.push(...(await this.#rotateSome(all.slice(from, from + SCOPES_PER_COMMIT_MAX))))
    }
    return made
  }

  async #rotateSome(scopes: readonly string[]): Promise<readonly KeyInfo[]> {
    // One for the whole store; keys that sign have another.
    const { suite } = this.#rotation.keyring.list().find(({ scope }) => scope === SYSTEM_DATABASE)!
    this.#assertTellable('keys.rotated', { scopes, ids: scopes.map(() => KEY_ID_MAX), suite })
    const made = [...(await this.#rotation.rotate(scopes.filter((scope) => scope !== CACHE_SCOPE)))]
    if (scopes.includes(CACHE_SCOPE)) made.push(await this.#rotation.keyring.rotateData(CACHE_SCOPE))
    await this.#record('keys.rotated', {
      scopes: made.map(({ scope }) => scope),
      ids: made.map(({ id }) => id),
      suite,
    })
    return made
  }

  /** Seals everything stored under the present keys, beside reads and writes; resumes what was cut short. */
  async reseal(options: ResealOptions = {}): Promise<ResealReport> {
    return await this.#rotation.reseal(checkedReseal(options))
  }

  /**
   * Replaces the master key at once. All secrets that open the store must be given: it is wrapped for each.
   * @throws KEY_PROVIDER_FAILED naming a slot that none of them opens, IO_FAILED
   */
  async rotateMaster(options: { readonly providers: readonly KeyProvider[] }): Promise<void> {
    const providers = checkProviders(optionOf(options, 'providers'))
    const slots = this.status().slots.map(({ id }) => id)
    this.#assertTellable('keys.master-rotated', { slots })
    await this.#rotation.rotateMaster(providers)
    await this.#record('keys.master-rotated', { slots: this.status().slots.map(({ id }) => id) })
  }

  /** @throws STORE_OPTION_INVALID, KEY_FILE_UNSAFE, KEY_PROVIDER_FAILED, KEY_SECRET_WEAK, IO_FAILED */
  async addProvider(provider: KeyProvider): Promise<SlotInfo> {
    checkProviders([provider])
    this.#assertTellable('keys.slot-added', { slot: KEY_ID_MAX, kind: provider.kind })
    const slot = await this.#rotation.addSlot(provider)
    await this.#record('keys.slot-added', { slot: slot.id, kind: slot.kind })
    return slot
  }

  /** @throws KEY_SLOT_UNKNOWN, KEY_SLOT_LAST, IO_FAILED */
  async removeProvider(id: number): Promise<void> {
    checkKeyId(id, 'slot')
    this.#assertTellable('keys.slot-removed', { slot: id })
    await this.#rotation.removeSlot(id)
    await this.#record('keys.slot-removed', { slot: id })
  }

  /**
   * Changes the secret that opened the store: the new one opens it from now on, the old one no more.
   * @throws what `addProvider` throws; then nothing is changed
   */
  async rewrap(provider: KeyProvider): Promise<SlotInfo> {
    const slot = await this.addProvider(provider)
    await this.removeProvider(this.#rotation.keyring.openedSlot)
    return slot
  }

  /**
   * A further way to open the store: so many shares together. They are shown once and kept nowhere.
   * @throws KEY_SHARES_INVALID unless 2 <= threshold <= count <= 16
   */
  async createShares(o: { readonly threshold: number; readonly count: number }): Promise<{
    readonly slot: SlotInfo
    readonly shares: readonly string[]
  }> {
    // Checked by the function that makes them.
    const threshold = optionOf(o, 'threshold', ['count']) as number
    const made = newShares({ threshold, count: optionOf(o, 'count', ['threshold']) as number })
    const slot = await this.addProvider(made.provider)
    return { slot, shares: made.shares() }
  }

  /** How many stored values lie under each key, by place; the cache is not looked at. @throws DATABASE_OFFLINE */
  async uses(): Promise<KeyUseCounts> {
    return await this.#rotation.uses()
  }

  /**
   * Destroys a key that nothing stored needs. For one of the cache the cache is emptied: it may be at any time.
   * @throws KEY_IN_USE with the counts, KEY_UNKNOWN, DATABASE_OFFLINE, IO_FAILED
   */
  async destroy(keyId: number): Promise<void> {
    checkKeyId(keyId, 'key')
    this.#assertTellable('keys.destroyed', { id: keyId })
    const { keyring } = this.#rotation
    const key = keyring.list().find(({ id }) => id === keyId)
    if (key?.scope === CACHE_SCOPE) {
      if (key.state === 'decrypt-only') await this.#emptyCache()
      await keyring.destroyKey({ keyId, uses: new Map() })
    } else await this.#rotation.destroy(keyId)
    await this.#record('keys.destroyed', { id: keyId })
  }

  /** The same for a key that may be in use. @returns whether it was destroyed */
  async destroyUnused(keyId: number): Promise<boolean> {
    try {
      await this.destroy(keyId)
      return true
    } catch (error) {
      if (isForgeError(error, 'KEY_IN_USE')) return false
      throw error
    }
  }

  async #record(action: string, facts: JsonObject): Promise<void> {
    await this.#rotation.record({
      action,
      facts,
      operations: [revisionRow(this.#rotation.keyring), ...this.#shredKeys.alongside()],
    })
  }

  /**
   * Whether a commit could tell of a change, asked before it: a change of keys cannot be undone.
   * @throws DATABASE_OFFLINE, AUDIT_ACTION_UNKNOWN, STORE_OPTION_INVALID, and why the store takes no commits
   */
  #assertTellable(action: string, facts: JsonObject): void {
    this.#assertWritable()
    const whole = { ...facts, revision: Number.MAX_SAFE_INTEGER }
    const context = canonicalJson(whole, { code: 'INTERNAL', what: 'the facts of a change of keys' })
    checkAct(KEY_ACTS, { actor: 'app', action, resourceClass: 'keys', context })
  }
}

function rolledBack({ revision, told }: { readonly revision: number; readonly told: number }): ForgeError {
  return new ForgeError(
    'KEYRING_ROLLED_BACK',
    `the keyring has revision ${revision}, but the store has seen ${told}: an older one was put back`,
    { details: { revision, told } },
  )
}

/** What a commit carries that tells of a change of keys: an older keyring is refused from then on. */
export function revisionRow({ revision }: Pick<Keyring, 'revision'>): Operation {
  const value = new ByteWriter().u8(REVISION_VERSION).u64(revision).finish()
  return { type: 'put', database: SYSTEM_DATABASE, key: REVISION_KEY, value }
}

function decodeRevision(bytes: Uint8Array | undefined): number {
  if (bytes === undefined) return 0
  const reader = new ByteReader(bytes, { code: 'RECORD_TAMPERED', what: 'the revision of the keyring' })
  const version = reader.u8()
  if (version !== REVISION_VERSION) throw reader.failure(`the unknown version ${version}`)
  const revision = reader.u64()
  reader.end()
  return revision
}
