import {
  canonicalJson,
  ForgeError,
  fromHex,
  isForgeError,
  systemTimer,
  toHex,
  utf8Encode,
  type AuditFacts,
  type JsonObject,
  type Timer,
} from '@forgeone/common'
import type { KeyProvider, ShredKeys } from '@forgeone/crypto'
import type { CommitContent, CommitPlace, Operation } from '@forgeone/engine'
import { decodeLease, type Lease } from '../lease/lease-table.ts'
import { decodeMetadata, type SecretMetadata } from '../secret/secret-metadata.ts'
import { Erasures } from './erasures.ts'
import { RefusalLog, type Refusal } from './refusal-log.ts'
import { ALL_LEASES, ALL_METADATA, SEALED_KEY } from './vault-rows.ts'
import { AUTO_LOCK_MS, type VaultOptions } from './vault-options.ts'

const UNSEAL_DELAY_MS = 100
const UNSEAL_DELAY_MS_MAX = 30_000

/** What is kept in memory while the vault is open: metadata and leases, never values. */
export interface VaultIndex {
  /** By path id, hexadecimal. */
  readonly secrets: Map<string, SecretMetadata>
  readonly leases: Map<string, Lease>
  /** Path ids of rows that do not parse: these secrets are neither absent nor readable, and are not written over. */
  readonly setAside: ReadonlySet<string>
  readonly shredKeys: ShredKeys
}

export interface VaultCommit {
  readonly action: string
  readonly actor: string
  readonly pathId?: Uint8Array | undefined
  /** Asked for after `build`. */
  readonly facts?: (() => JsonObject) | undefined
  /** Runs in the turn in which the commit gets its place; changes the index there. What it throws refuses the commit. */
  readonly build: (place: CommitPlace) => readonly Operation[]
  /** Puts back what `build` has changed, when the commit is refused behind it. */
  readonly onRefused?: (() => void) | undefined
  /** A change, which may be part of a transaction; a reading is told before it is answered, whatever becomes of the others. */
  readonly joins?: boolean | undefined
}

/** The state that all faces of a vault share: its index, whether it is sealed, and how it commits. */
export class VaultCore {
  readonly options: VaultOptions
  readonly erasures: Erasures = new Erasures()
  #index: Promise<VaultIndex> | undefined
  #sealed: boolean | undefined
  #failures = 0
  readonly #timer: Timer
  #cancelLock: (() => void) | undefined
  #usedMs = 0
  #latestMs = 0
  readonly #refusals: RefusalLog

  constructor(options: VaultOptions) {
    this.options = options
    this.#timer = options.timer ?? systemTimer
    this.#refusals = new RefusalLog({
      clock: options.clock,
      timer: this.#timer,
      commit: async ({ action, actor, facts }) => {
        await this.commit({ action, actor, facts: () => facts, build: () => [] })
      },
    })
  }

  /** Milliseconds since 1970; never earlier than before, nor than any commit of the vault. */
  now(): number {
    this.#latestMs = Math.max(this.#latestMs, this.options.clock.now())
    return this.#latestMs
  }

  pathId(path: string): Uint8Array {
    return this.options.store.keyedHash({ purpose: 'blind', label: 'vault path', value: utf8Encode(path) })
  }

  /** The index, loaded when it is not in memory. @throws VAULT_SEALED, RECORD_TAMPERED */
  async open(actor: string): Promise<VaultIndex> {
    if (await this.isSealed()) {
      await this.refused({ action: 'vault.refused', actor, facts: { outcome: 'sealed' } })
      throw new ForgeError('VAULT_SEALED', 'the vault is sealed')
    }
    this.#delayLock()
    this.#index ??= this.#load()
    try {
      return await this.#index
    } catch (error) {
      this.#index = undefined
      throw error
    }
  }

  async isSealed(): Promise<boolean> {
    this.#sealed ??= (await this.options.store.get(this.options.database, SEALED_KEY)) !== undefined
    return this.#sealed
  }

  /** One durable commit; it settles before anything secret is handed out. */
  async commit({ action, actor, pathId, facts, build, onRefused, joins }: VaultCommit): Promise<CommitPlace> {
    const content = (place: CommitPlace): CommitContent => {
      this.#latestMs = Math.max(this.#latestMs, place.time)
      const operations = build(place)
      return { facts: factsOf({ action, actor, pathId, facts }), operations }
    }
    return await this.options.store.commit(content, {
      ...(onRefused === undefined ? {} : { onRefused }),
      ...(joins === undefined ? {} : { joins }),
    })
  }

  /** Tells of a refusal; of many in a second by their number. */
  async refused(refusal: Refusal): Promise<void> {
    await this.#refusals.note(refusal)
  }

  async seal(actor: string): Promise<void> {
    const value = utf8Encode('1')
    await this.commit({
      action: 'vault.sealed',
      actor,
      build: () => [{ type: 'put', database: this.options.database, key: SEALED_KEY, value }],
    })
    this.#sealed = true
    this.lock()
  }

  /** @throws KEY_SECRET_WRONG, after a wait that doubles with each failure */
  async unseal(provider: KeyProvider, actor: string): Promise<void> {
    if (!(await this.options.verifySecret(provider))) {
      const failures = ++this.#failures
      await this.commit({
        action: 'vault.unseal-failed',
        actor,
        facts: () => ({ failures }),
        build: () => [],
      })
      await this.#timer.pause(Math.min(UNSEAL_DELAY_MS * 2 ** (failures - 1), UNSEAL_DELAY_MS_MAX))
      throw new ForgeError(
        'KEY_SECRET_WRONG',
        'the secret does not open this store, so it does not unseal its vault',
      )
    }
    this.#failures = 0
    await this.commit({
      action: 'vault.unsealed',
      actor,
      build: () => [{ type: 'delete', database: this.options.database, key: SEALED_KEY }],
    })
    this.#sealed = false
  }

  /** Takes keys and index out of memory; the next use loads them again. */
  lock(): void {
    this.#refusals.flush()
    this.#cancelLock?.()
    this.#cancelLock = undefined
    const index = this.#index
    this.#index = undefined
    index?.then(({ shredKeys }) => shredKeys.lock()).catch(() => undefined)
  }

  #delayLock(): void {
    const { autoLockMs = AUTO_LOCK_MS } = this.options
    if (autoLockMs === 0) return
    this.#usedMs = this.options.clock.monotonicMs()
    if (this.#cancelLock === undefined) this.#lockAfter(autoLockMs, autoLockMs)
  }

  /** One timer however often the vault is used: it looks how long ago that was. */
  #lockAfter(delayMs: number, autoLockMs: number): void {
    this.#cancelLock = this.#timer.after(delayMs, () => {
      const leftMs = this.#usedMs + autoLockMs - this.options.clock.monotonicMs()
      if (leftMs > 0) this.#lockAfter(leftMs, autoLockMs)
      else this.lock()
    })
  }

  async #load(): Promise<VaultIndex> {
    const { store, database, shredKeys } = this.options
    const secrets = new Map<string, SecretMetadata>()
    const leases = new Map<string, Lease>()
    const setAside = new Set<string>()
    for await (const page of store.scan(database, ALL_METADATA)) {
      for (const row of page) {
        const name = toHex(row.key.subarray(1))
        const metadata = this.#parsed(row, decodeMetadata)
        if (metadata === undefined) setAside.add(name)
        else secrets.set(name, metadata)
      }
    }
    for await (const page of store.scan(database, ALL_LEASES)) {
      for (const row of page) {
        const lease = this.#parsed(row, decodeLease)
        if (lease !== undefined) leases.set(lease.id, lease)
      }
    }
    const keys = await shredKeys()
    // A crash between dropping a version and erasing its key leaves the key.
    const left = [...secrets.values()].flatMap(({ toErase }) => toErase.map((ref) => fromHex(ref)!))
    if (keys.fault === undefined) for (const ref of left) if (await keys.has(ref)) await keys.erase([ref])
    return { secrets, leases, setAside, shredKeys: keys }
  }

  /** One row that does not parse is set aside and reported; it takes no other along. */
  #parsed<T>(
    { key, value }: { readonly key: Uint8Array; readonly value: Uint8Array },
    decode: (bytes: Uint8Array) => T,
  ): T | undefined {
    try {
      return decode(value)
    } catch (error) {
      if (!isForgeError(error, 'RECORD_TAMPERED')) throw error
      this.options.onSetAside?.({ key, error })
      return undefined
    }
  }
}

function factsOf({ action, actor, pathId, facts }: Omit<VaultCommit, 'build'>): AuditFacts {
  const context =
    facts === undefined
      ? undefined
      : canonicalJson(facts(), { code: 'INTERNAL', what: 'the facts of a vault commit' })
  return {
    actor,
    action,
    resourceClass: 'vault',
    ...(pathId === undefined ? {} : { resourceHash: pathId }),
    ...(context === undefined ? {} : { context }),
  }
}
