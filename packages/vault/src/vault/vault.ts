import { eventLoopTurn, ForgeError, fromHex, toHex, type JsonObject } from '@forgeone/common'
import type { KeyProvider } from '@forgeone/crypto'
import type { Operation } from '@forgeone/engine'
import { checkSecretPath, pathMatcher } from '../path/secret-path.ts'
import { generateSecret, type GeneratedKind } from '../secret/generate-secret.ts'
import { readFacts, secretInfo, type SecretInfo } from '../secret/secret-info.ts'
import {
  encodeMetadata,
  newMetadata,
  readableVersion,
  type SecretMetadata,
  type SecretVersion,
} from '../secret/secret-metadata.ts'
import { SecretValue } from '../secret/secret-value.ts'
import { checkCas, mapVersions, withVersion, type SetSecretOptions } from '../secret/version-changes.ts'
import {
  checkPatch,
  checkPaths,
  checkSetOptions,
  checkVaultProvider,
  checkVersion,
  checkVersions,
  memberOf,
  secretBytes,
  type MetadataPatch,
} from './vault-arguments.ts'
import { puttingBack } from './put-back.ts'
import { VaultCore, type VaultIndex } from './vault-core.ts'
import type { VaultOptions } from './vault-options.ts'
import { valueGone, versionDestroyed } from './value-gone.ts'
import { metadataKey, valueKey, valuePlace } from './vault-rows.ts'
import { VaultLeases } from './vault-leases.ts'

/** Who acts when nobody is named: the application that holds the store. */
const OWN_ACTOR = 'app'

/** Where a change stands in the audit log, and what it made. */
export interface SecretChange {
  readonly version: number
  /** Commit sequence: the leaf that proves it. */
  readonly sequence: number
}

interface Located {
  readonly pathId: Uint8Array
  readonly name: string
  readonly index: VaultIndex
}

/**
 * Secrets with versions. Every reading, listing, change and refusal is a durable commit before the answer, and so a leaf
 * of the audit log. Each version is sealed under a key of its own; destroying it makes the version unreadable in
 * journal, snapshots and backups too.
 */
export class Vault {
  readonly #core: VaultCore
  readonly #actor: string
  readonly leases: VaultLeases

  private constructor(core: VaultCore, actor: string) {
    this.#core = core
    this.#actor = actor
    this.leases = new VaultLeases({ core, actor })
  }

  static over(options: VaultOptions): Vault {
    return new Vault(new VaultCore(options), OWN_ACTOR)
  }

  /** The same vault, whose leaves name this pseudonym. */
  as(actor: string): Vault {
    return new Vault(this.#core, actor)
  }

  /**
   * Sets a new version, of the bytes as they are now.
   * @throws VAULT_SEALED, VAULT_PATH_INVALID, VAULT_LIMIT, VAULT_CAS_MISMATCH, VAULT_CAS_REQUIRED
   */
  async set(path: string, value: Uint8Array | string, options: SetSecretOptions = {}): Promise<SecretChange> {
    const bytes = secretBytes(value)
    const { cas, ttlMs } = checkSetOptions(options)
    const at = await this.#locate(path)
    const { shredKeys, secrets } = at.index
    // Refused here when it is clear already, so that a lost race costs no key.
    checkCas(secrets.get(at.name), cas)
    const ref = await shredKeys.create(ownerOf(at))
    const place = valuePlace(at.pathId)
    const sealed = await shredKeys.seal(ref, { place, value: bytes }).finally(() => bytes.fill(0))
    let written: SecretMetadata | undefined
    const { sequence } = await this.#change(at, 'vault.set', ({ time }) => {
      const { metadata, dropped } = withVersion(
        { known: at.index.secrets.get(at.name), path, count: at.index.secrets.size },
        { ref, time, by: this.#actor, options: { cas, ttlMs } },
      )
      written = metadata
      return {
        metadata,
        operations: [
          this.#put(valueKey(at.pathId, metadata.current), sealed),
          ...dropped.map((each) => this.#delete(at, each)),
          ...(this.#core.options.alongsideKeys?.() ?? []),
        ],
      }
    }).catch(async (error: unknown) => {
      // A commit of unknown outcome may have named the key.
      if (!isOutcomeUnknown(error)) await shredKeys.discard(ref, ownerOf(at))
      throw error
    })
    await this.#eraseDropped(at)
    return { version: written!.current, sequence }
  }

  /**
   * The value, once the commit that tells of the reading is durable.
   * @returns undefined when there is none that can be read: absent, deleted or expired
   * @throws VAULT_SEALED, VAULT_PATH_INVALID, VAULT_VERSION_DESTROYED, RECORD_TAMPERED
   */
  async get(
    path: string,
    options: { readonly version?: number | undefined } = {},
  ): Promise<SecretValue | undefined> {
    const version = checkVersion(memberOf(options, 'version'))
    const at = await this.#locate(path)
    let found: SecretVersion | undefined
    await this.#core.commit({
      action: 'vault.read',
      actor: this.#actor,
      pathId: at.pathId,
      facts: () => readFacts(found),
      // By the time of the commit, which never goes back: a clock that does revives nothing.
      build: ({ time }) => {
        found = this.#find(at, { now: time, version })
        return []
      },
    })
    return await this.#value(at, found)
  }

  /**
   * Several values with one commit, in the order of the paths; at most 256.
   * @throws as `get`, and VAULT_LIMIT
   */
  async getMany(paths: readonly string[]): Promise<readonly (SecretValue | undefined)[]> {
    const chosen = checkPaths(paths)
    const places = await Promise.all(chosen.map((path) => this.#locate(path)))
    let found: readonly (SecretVersion | undefined)[] = []
    await this.#core.commit({
      action: 'vault.read-many',
      actor: this.#actor,
      facts: () => ({ paths: chosen.length, read: found.filter((each) => each?.ref !== undefined).length }),
      build: ({ time }) => {
        found = places.map((at) => this.#find(at, { now: time }))
        return []
      },
    })
    return await Promise.all(places.map((at, index) => this.#value(at, found[index])))
  }

  /** Secrets whose path fits, by path; never a value. @throws VAULT_SEALED, VAULT_PATH_INVALID */
  async list(pattern = '**'): Promise<readonly SecretInfo[]> {
    const fits = pathMatcher(pattern)
    const { secrets } = await this.#core.open(this.#actor)
    const found = [...secrets.values()].filter(({ path, versions }) => versions.length > 0 && fits(path))
    const facts = (): JsonObject => ({ count: found.length })
    await this.#core.commit({ action: 'vault.listed', actor: this.#actor, facts, build: () => [] })
    const now = this.#core.now()
    return found.map((each) => secretInfo(each, now)).sort((left, right) => (left.path < right.path ? -1 : 1))
  }

  /** One secret and its versions; never a value. @returns undefined when there is none @throws VAULT_SEALED */
  async info(path: string): Promise<SecretInfo | undefined> {
    const { index, name, pathId } = await this.#locate(path)
    const metadata = index.secrets.get(name)
    await this.#core.commit({ action: 'vault.described', actor: this.#actor, pathId, build: () => [] })
    if (metadata === undefined || metadata.versions.length === 0) return undefined
    return secretInfo(metadata, this.#core.now())
  }

  /** Changes what belongs to a secret beside its values. @throws VAULT_SEALED, VAULT_UNKNOWN, VAULT_LIMIT */
  async configure(path: string, patch: MetadataPatch): Promise<SecretInfo> {
    const { kept, casRequired, custom } = checkPatch(patch)
    const at = await this.#locate(path)
    await this.#change(at, 'vault.configured', () => {
      const before = this.#known(at)
      const metadata = {
        ...before,
        kept: kept ?? before.kept,
        casRequired: casRequired ?? before.casRequired,
        custom: custom ?? before.custom,
      }
      return { metadata, operations: [] }
    })
    return secretInfo(this.#known(at), this.#core.now())
  }

  /** Hides versions, the newest by default; `undelete` brings them back. @throws VAULT_SEALED, VAULT_UNKNOWN */
  async delete(path: string, versions?: readonly number[]): Promise<void> {
    const chosen = checkVersions(versions)
    const at = await this.#locate(path)
    await this.#change(at, 'vault.deleted', ({ time }) => ({
      metadata: mapVersions(this.#known(at), chosen, (each) => ({
        ...each,
        deleted: each.deleted ?? time,
      })),
      operations: [],
    }))
  }

  /** @throws VAULT_SEALED, VAULT_UNKNOWN */
  async undelete(path: string, versions?: readonly number[]): Promise<void> {
    const chosen = checkVersions(versions)
    const at = await this.#locate(path)
    await this.#change(at, 'vault.undeleted', () => ({
      metadata: mapVersions(this.#known(at), chosen, (each) => ({ ...each, deleted: undefined })),
      operations: [],
    }))
  }

  /** Makes versions unreadable for good, in every copy of the data. @throws VAULT_SEALED, VAULT_UNKNOWN, IO_FAILED */
  async destroy(path: string, versions?: readonly number[]): Promise<void> {
    const chosen = checkVersions(versions)
    const at = await this.#locate(path)
    await this.#change(at, 'vault.destroyed', ({ time }) => {
      const before = this.#known(at)
      const numbers = new Set(chosen ?? [before.current])
      const gone = before.versions.filter((each) => numbers.has(each.version) && each.ref !== undefined)
      const metadata = mapVersions(before, chosen, (each) => ({
        ...each,
        destroyed: each.destroyed ?? time,
        ref: undefined,
      }))
      const toErase = [...before.toErase, ...gone.map(({ ref }) => ref!)]
      return { metadata: { ...metadata, toErase }, operations: gone.map((each) => this.#delete(at, each)) }
    })
    await this.#eraseDropped(at)
  }

  /** Destroys all versions and forgets the secret; its version numbers go on where they were. @throws VAULT_SEALED, VAULT_UNKNOWN, IO_FAILED */
  async purge(path: string): Promise<void> {
    const at = await this.#locate(path)
    await this.#change(at, 'vault.purged', () => {
      const { current, versions, toErase } = this.#known(at)
      const held = versions.filter(({ ref }) => ref !== undefined)
      const refs = held.map(({ ref }) => ref!)
      const metadata = { ...newMetadata(path), current, toErase: [...toErase, ...refs] }
      return { metadata, operations: held.map((each) => this.#delete(at, each)) }
    })
    await this.#eraseDropped(at)
  }

  /** Sets a secret that nobody has seen. @throws as `set` */
  async generate(
    path: string,
    o: { readonly kind: GeneratedKind; readonly length?: number | undefined } & SetSecretOptions,
  ): Promise<SecretChange> {
    checkSecretPath(path)
    const options = checkSetOptions(o, ['kind', 'length'])
    const bytes = generateSecret(o, this.#core.options.random)
    try {
      return await this.set(path, bytes, options)
    } finally {
      bytes.fill(0)
    }
  }

  /** Takes keys and index out of memory and refuses everything until `unseal`, also in other processes. */
  async seal(): Promise<void> {
    await this.#core.seal(this.#actor)
  }

  /** @throws KEY_SECRET_WRONG, after a wait that grows with each failure */
  async unseal(provider: KeyProvider): Promise<void> {
    await this.#core.unseal(checkVaultProvider(provider), this.#actor)
  }

  async status(): Promise<{ readonly sealed: boolean; readonly secrets: number | undefined }> {
    await eventLoopTurn.giveWay()
    if (await this.#core.isSealed()) return { sealed: true, secrets: undefined }
    const { secrets } = await this.#core.open(this.#actor)
    return {
      sealed: false,
      secrets: [...secrets.values()].filter(({ versions }) => versions.length > 0).length,
    }
  }

  /** Takes keys and index out of memory. */
  close(): void {
    this.#core.lock()
  }

  async #locate(path: string): Promise<Located> {
    checkSecretPath(path)
    const index = await this.#core.open(this.#actor)
    const pathId = this.#core.pathId(path)
    const name = toHex(pathId)
    if (!index.setAside.has(name)) return { pathId, name, index }
    throw new ForgeError(
      'RECORD_TAMPERED',
      'the metadata of this secret has an unknown form and was set aside',
      {
        hint: 'Run `forge verify` to see its row, and remove it with `forge repair`, or restore from a backup.',
      },
    )
  }

  /** The secret as the next commit would find it. @throws VAULT_UNKNOWN */
  #known({ index, name }: Located): SecretMetadata {
    const metadata = index.secrets.get(name)
    if (metadata !== undefined && metadata.versions.length > 0) return metadata
    throw new ForgeError('VAULT_UNKNOWN', 'there is no such secret')
  }

  #find(
    { index, name }: Located,
    o: { readonly now: number; readonly version?: number | undefined },
  ): SecretVersion | undefined {
    const metadata = index.secrets.get(name)
    return metadata && readableVersion(metadata, o)
  }

  /** What a reading gives, after its commit. */
  async #value(at: Located, found: SecretVersion | undefined): Promise<SecretValue | undefined> {
    if (found === undefined) return undefined
    const { version } = found
    if (found.ref === undefined) {
      throw versionDestroyed(version)
    }
    const { store, database } = this.#core.options
    const sealed = await store.get(database, valueKey(at.pathId, version))
    if (sealed === undefined) return valueGone(at.index.secrets.get(at.name), version)
    return new SecretValue({ bytes: await this.#unseal(at, found, sealed), version })
  }

  async #change(
    at: Located,
    action: string,
    build: (place: { readonly time: number }) => {
      metadata: SecretMetadata
      operations: readonly Operation[]
    },
  ): Promise<{ readonly sequence: number }> {
    let putBack: (() => void) | undefined
    return await this.#core.commit({
      action,
      actor: this.#actor,
      pathId: at.pathId,
      joins: true,
      onRefused: () => putBack?.(),
      build: (place) => {
        const { metadata, operations } = build(place)
        const row = this.#put(metadataKey(at.pathId), encodeMetadata(metadata))
        putBack = puttingBack(at.index.secrets, at.name)
        // In the order of the commits: the next one to be built finds this one done.
        at.index.secrets.set(at.name, metadata)
        return [row, ...operations]
      },
    })
  }

  /** Keys of versions that a durable commit has dropped; what a crash leaves is erased when the vault is next loaded. */
  async #eraseDropped(at: Located): Promise<void> {
    const refs = at.index.secrets.get(at.name)?.toErase ?? []
    await this.#core.erasures.run(refs, async (own) => {
      for (const ref of own) await at.index.shredKeys.erase([fromHex(ref)!])
      await this.#change(at, 'vault.erased', () => {
        const metadata = at.index.secrets.get(at.name)!
        return {
          metadata: { ...metadata, toErase: metadata.toErase.filter((ref) => !own.includes(ref)) },
          operations: this.#core.options.alongsideKeys?.() ?? [],
        }
      })
    })
  }

  async #unseal(at: Located, { ref, version }: SecretVersion, sealed: Uint8Array): Promise<Uint8Array> {
    const { shredKeys } = at.index
    if (ref !== shredKeys.refOf(sealed)) {
      throw new ForgeError('RECORD_TAMPERED', `version ${version} of a secret lies under a foreign key`)
    }
    return await shredKeys.open({ place: valuePlace(at.pathId), sealed })
  }

  #put(key: Uint8Array, value: Uint8Array): Operation {
    return { type: 'put', database: this.#core.options.database, key, value }
  }

  #delete(at: Located, { version }: SecretVersion): Operation {
    return { type: 'delete', database: this.#core.options.database, key: valueKey(at.pathId, version) }
  }
}

function ownerOf({ name }: Located): string {
  return `vault ${name}`
}

function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof ForgeError && error.details['outcome'] === 'unknown'
}
