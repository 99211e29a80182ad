import { ForgeError, readArgument, toHex, type JsonObject } from '@forgeone/common'
import type { Operation } from '@forgeone/engine'
import { checkSecretPath } from '../path/secret-path.ts'
import { readableVersion } from '../secret/secret-metadata.ts'
import { SecretValue } from '../secret/secret-value.ts'
import { invalid, isCount, membersOf, refuseOthers } from './vault-arguments.ts'
import type { VaultCore } from './vault-core.ts'
import { leaseKey, valueKey, valuePlace } from './vault-rows.ts'
import {
  encodeLease,
  LEASE_MS_MAX,
  LEASE_TOKEN_PREFIX,
  LEASE_USES_MAX,
  leaseIdOf,
  LEASES_MAX,
  useLease,
  type Lease,
} from '../lease/lease-table.ts'

const TOKEN_BYTES = 32
/** Longer text is no token, and not worth hashing. */
const TOKEN_LENGTH_MAX = 256

/** A lease as it is shown: never its token. */
export interface LeaseInfo {
  readonly id: string
  readonly path: string
  readonly version: number
  readonly expires: number
  readonly usesLeft: number | undefined
  readonly by: string
}

/** Rights to read one secret for a time, for someone who has no other access: whoever bears the token may. */
export class VaultLeases {
  readonly #core: VaultCore
  readonly #actor: string

  constructor({ core, actor }: { readonly core: VaultCore; readonly actor: string }) {
    this.#core = core
    this.#actor = actor
  }

  /**
   * Leases the current version of a secret. The token is shown once.
   * @throws VAULT_SEALED, VAULT_PATH_INVALID, VAULT_UNKNOWN, VAULT_LIMIT
   */
  async create(
    path: string,
    options: { readonly ttlMs: number; readonly maxUses?: number | undefined },
  ): Promise<{ readonly id: string; readonly token: string; readonly expires: number }> {
    const { ttlMs, maxUses } = checkLimits(options)
    checkSecretPath(path)
    const { secrets, leases } = await this.#core.open(this.#actor)
    const pathId = this.#core.pathId(path)
    const token =
      LEASE_TOKEN_PREFIX + Buffer.from(this.#core.options.random.bytes(TOKEN_BYTES)).toString('base64url')
    const id = leaseIdOf(token)
    let expires = 0
    await this.#core.commit({
      action: 'vault.leased',
      actor: this.#actor,
      pathId,
      facts: () => ({ id, ...(maxUses === undefined ? {} : { maxUses }) }),
      build: ({ time }) => {
        const metadata = secrets.get(toHex(pathId))
        const version = metadata && readableVersion(metadata, { now: time })
        if (version?.ref === undefined)
          throw new ForgeError('VAULT_UNKNOWN', 'there is no such secret to lease')
        const ended = [...leases.values()].filter((each) => each.expires <= time)
        for (const each of ended) leases.delete(each.id)
        if (leases.size >= LEASES_MAX)
          throw new ForgeError('VAULT_LIMIT', `a vault has at most ${LEASES_MAX} leases`)
        expires = time + ttlMs
        const lease = { id, path, version: version.version, expires, usesLeft: maxUses, by: this.#actor }
        const written = this.#put(lease)
        leases.set(id, lease)
        return [written, ...ended.map((each) => this.#remove(each.id))]
      },
    })
    return { id, token, expires }
  }

  /**
   * The value a token gives, as long as whoever made the lease may read it himself; the use is counted durably before the
   * answer.
   * @throws VAULT_SEALED, VAULT_LEASE_EXPIRED, VAULT_LEASE_SPENT, VAULT_VERSION_DESTROYED
   */
  async redeem(token: string): Promise<SecretValue> {
    // As for a token of another form: who tries some learns nothing from it.
    const id = leaseIdOf(typeof token === 'string' && token.length <= TOKEN_LENGTH_MAX ? token : '')
    const { leases, secrets, shredKeys } = await this.#core.open(this.#actor)
    if (!leases.has(id)) {
      // Anybody may try tokens, and changes nothing by it.
      await this.#core.refused({
        action: 'vault.lease-redeemed',
        actor: this.#actor,
        facts: { id, outcome: 'refused' },
      })
      useLease(undefined, this.#core.now())
    }
    const { lease, outcome } = await this.#use(leases, id)
    if (lease === undefined) throw outcome
    const pathId = this.#core.pathId(lease.path)
    const version = secrets.get(toHex(pathId))?.versions.find((each) => each.version === lease.version)
    const { store, database } = this.#core.options
    const sealed = await store.get(database, valueKey(pathId, lease.version))
    if (version?.ref === undefined || version.deleted !== undefined || sealed === undefined) {
      throw new ForgeError('VAULT_VERSION_DESTROYED', `version ${lease.version} of the leased secret is gone`)
    }
    if (shredKeys.refOf(sealed) !== version.ref) {
      throw new ForgeError(
        'RECORD_TAMPERED',
        `version ${version.version} of a secret lies under a foreign key`,
      )
    }
    const bytes = await shredKeys.open({ place: valuePlace(pathId), sealed })
    return new SecretValue({ bytes, version: lease.version })
  }

  /** Ends a lease. @returns false when there is none */
  async revoke(id: string): Promise<boolean> {
    const { leases } = await this.#core.open(this.#actor)
    if (!leases.has(id)) return false
    await this.#core.commit({
      action: 'vault.lease-revoked',
      actor: this.#actor,
      facts: () => ({ id }),
      build: () => {
        leases.delete(id)
        return [this.#remove(id)]
      },
    })
    return true
  }

  async list(): Promise<readonly LeaseInfo[]> {
    const { leases } = await this.#core.open(this.#actor)
    const facts = (): JsonObject => ({ count: leases.size })
    await this.#core.commit({ action: 'vault.leases-listed', actor: this.#actor, facts, build: () => [] })
    const now = this.#core.now()
    return [...leases.values()]
      .filter(({ expires }) => expires > now)
      .map(({ id, path, version, expires, usesLeft, by }) => ({ id, path, version, expires, usesLeft, by }))
  }

  /** A refusal is a commit too: the same one, without a use. */
  async #use(
    leases: Map<string, Lease>,
    id: string,
  ): Promise<{ readonly lease: Lease | undefined; readonly outcome: unknown }> {
    let lease: Lease | undefined
    let outcome: unknown
    let isWithdrawn = false
    await this.#core.commit({
      action: 'vault.lease-redeemed',
      actor: this.#actor,
      facts: () => ({
        id,
        outcome: isWithdrawn ? 'withdrawn' : lease === undefined ? 'refused' : 'redeemed',
      }),
      build: ({ time }) => {
        const known = leases.get(id)
        isWithdrawn = known !== undefined && !this.#mayMakerRead(known, time)
        // To the bearer a right that was taken from the maker looks like a lease that has ended.
        if (isWithdrawn) leases.delete(id)
        try {
          lease = useLease(leases.get(id), time)
        } catch (refused) {
          outcome = refused
          return isWithdrawn ? [this.#remove(id)] : []
        }
        leases.set(id, lease)
        return [this.#put(lease)]
      },
    })
    return { lease, outcome }
  }

  #mayMakerRead({ by, path }: Lease, time: number): boolean {
    const { mayStillRead } = this.#core.options
    return mayStillRead === undefined || mayStillRead({ by, path, time })
  }

  #put(lease: Lease): Operation {
    const { database } = this.#core.options
    return { type: 'put', database, key: leaseKey(lease.id), value: encodeLease(lease) }
  }

  #remove(id: string): Operation {
    return { type: 'delete', database: this.#core.options.database, key: leaseKey(id) }
  }
}

/** @throws VAULT_LIMIT */
function checkLimits(options: unknown): { readonly ttlMs: number; readonly maxUses: number | undefined } {
  refuseOthers(options, ['ttlMs', 'maxUses'])
  return readArgument('VAULT_LIMIT', () => {
    const { ttlMs, maxUses } = membersOf(options)
    if (!isCount(ttlMs) || ttlMs < 1 || ttlMs > LEASE_MS_MAX) {
      throw invalid('a lease lasts from a millisecond to 30 days, in ttlMs')
    }
    if (maxUses !== undefined && !(isCount(maxUses) && maxUses >= 1 && maxUses <= LEASE_USES_MAX)) {
      throw invalid(`a lease has 1 to ${LEASE_USES_MAX} uses`)
    }
    return { ttlMs, maxUses }
  })
}
