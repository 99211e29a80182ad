import { ForgeError, toHex, utf8Decode, type Clock, type Random } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import { AccessRows, OWNER } from './access-rows.ts'
import { DenialLog } from './denial-log.ts'
import { Rights, type AccessDecision, type AccessRequest } from './evaluate.ts'
import {
  checkGrant,
  checkPrincipalName,
  decodeGrant,
  GRANTS_PER_HOLDER_MAX,
  HOLDERS_MAX,
  type Grant,
} from './grant.ts'
import { ROLES, type Action } from './roles.ts'
import { Tokens, type TokenInfo } from './tokens.ts'

const EVERYONE = '*'
/** What {@link AccessControl.pseudonym} makes. */
const PSEUDONYM = /^p_[0-9a-f]{24}$/

/** A right that ends by the clock, or a token that expires, is noticed so soon by what goes on giving. */
export const RECHECK_MS = 1000

export interface AccessOptions {
  readonly store: Store
  readonly database: string
  readonly clock: Clock
  readonly random: Random
}

export type NewGrant = Omit<Grant, 'id' | 'effect'> & { readonly effect?: Grant['effect'] | undefined }

export interface PrincipalInfo {
  readonly principal: string
  readonly roles: readonly string[]
  readonly grants: readonly Grant[]
}

type Listener = () => void

/**
 * Who may do what. `forge` itself acts as the owner, who may everything; `forge.as(principal)` may what its grants and
 * roles say. Rows lie in the store's own database, sealed; every change and every refusal is a commit.
 */
export class AccessControl {
  readonly #o: AccessOptions
  readonly #grants = new Map<string, Grant>()
  readonly #roles = new Map<string, readonly string[]>()
  readonly #rows: AccessRows
  readonly #tokens: Tokens
  readonly #rights = new Map<string, Rights>()
  /** Who has a role or a grant, by pseudonym; made anew after a change. */
  #principals: ReadonlyMap<string, string> | undefined
  readonly #listeners = new Set<Listener>()
  readonly #denials: DenialLog
  #recheckTimer: NodeJS.Timeout | undefined

  private constructor(options: AccessOptions) {
    this.#o = options
    this.#rows = new AccessRows(options)
    this.#tokens = new Tokens({ ...options, rows: this.#rows })
    this.#denials = new DenialLog(options)
  }

  /** @throws RECORD_TAMPERED */
  static async open(options: AccessOptions): Promise<AccessControl> {
    const access = new AccessControl(options)
    for await (const { kind, value } of access.#rows.all()) access.#load(kind, value)
    return access
  }

  /** Pseudonym of a principal in the audit log: a keyed hash, so that no name stands there. */
  pseudonym(principal: string): string {
    return this.#rows.pseudonym(principal)
  }

  /**
   * Gives or refuses a right.
   * @param by who grants; nobody may grant to himself
   * @throws ACCESS_GRANT_INVALID, ACCESS_SELF_GRANT, ACCESS_LIMIT
   */
  async grant(grant: NewGrant, { by = OWNER }: { readonly by?: string } = {}): Promise<Grant> {
    const { clock, random } = this.#o
    if (this.#concerns(grant.holder, by)) throw selfGrant()
    const id = `g_${toHex(random.bytes(8))}`
    const made = checkGrant({ ...withoutUndefined(grant), effect: grant.effect ?? 'allow', id }, clock.now())
    this.#checkLimits(made.holder)
    const facts = { id, effect: made.effect, actions: [...made.actions] }
    await this.#rows.commit({
      by,
      action: 'access.granted',
      facts,
      operations: [this.#rows.put('g', id, made)],
    })
    this.#grants.set(id, made)
    this.#changed()
    return made
  }

  /** Takes a grant back. @returns false when there is none @throws ACCESS_SELF_GRANT for one's own */
  async revoke(id: string, { by = OWNER }: { readonly by?: string } = {}): Promise<boolean> {
    const grant = this.#grants.get(id)
    if (grant === undefined) return false
    if (this.#concerns(grant.holder, by)) throw selfGrant()
    await this.#rows.commit({
      by,
      action: 'access.revoked',
      facts: { id },
      operations: [this.#rows.delete('g', id)],
    })
    this.#grants.delete(id)
    this.#changed()
    return true
  }

  /** Sets the roles of a principal; none takes them away. @throws ACCESS_ROLE_UNKNOWN, ACCESS_SELF_GRANT, ACCESS_GRANT_INVALID */
  async setRoles(
    principal: string,
    roles: readonly string[],
    { by = OWNER }: { readonly by?: string } = {},
  ): Promise<void> {
    checkPrincipalName(principal)
    if (principal === by) throw selfGrant()
    for (const role of roles) this.#checkRole(role)
    this.#checkLimits(principal)
    const row = { principal, roles: [...new Set(roles)] }
    const operation =
      roles.length === 0 ? this.#rows.delete('p', principal) : this.#rows.put('p', principal, row)
    const facts = { principal: this.pseudonym(principal), roles: row.roles }
    await this.#rows.commit({ by, action: 'access.roles-set', facts, operations: [operation] })
    if (roles.length === 0) this.#roles.delete(principal)
    else this.#roles.set(principal, row.roles)
    this.#changed()
  }

  /** Everyone who has a role or a grant. */
  list(): readonly PrincipalInfo[] {
    const holders = new Set([
      ...this.#roles.keys(),
      ...[...this.#grants.values()].map(({ holder }) => holder),
    ])
    return [...holders].sort().map((principal) => ({
      principal,
      roles: this.#roles.get(principal) ?? [],
      grants: [...this.#grants.values()].filter(({ holder }) => holder === principal),
    }))
  }

  /** How a request would be decided, and by which rule. @throws ACCESS_GRANT_INVALID for a resource that is none */
  check(
    principal: string,
    { action, resource }: { readonly action: Action; readonly resource: string },
  ): AccessDecision {
    return this.#rightsOf(principal).decide({ action, resource, now: this.#o.clock.now() })
  }

  /**
   * The same for whoever stands behind the pseudonym in a row; what has not the form of one is the owner's. A principal
   * without role or grant has the rights of everyone, and no others: so it is decided where the pseudonym is nobody's.
   */
  checkPseudonym(pseudonym: string, request: AccessRequest): AccessDecision {
    if (!PSEUDONYM.test(pseudonym)) return { allowed: true, rule: 'owner' }
    this.#principals ??= new Map(this.list().map(({ principal }) => [this.pseudonym(principal), principal]))
    return this.#rightsOf(this.#principals.get(pseudonym) ?? EVERYONE).decide(request)
  }

  /**
   * Refuses what is not allowed; the refusal is committed beside it, and stands even when that cannot be.
   * @throws ACCESS_DENIED
   */
  authorize(principal: string, request: Omit<AccessRequest, 'now'>): void {
    const decision = this.check(principal, request)
    if (decision.allowed) return
    this.#denials.note({ who: this.pseudonym(principal), ...request, rule: decision.rule })
    // Of the resource nothing is said: who may not read it may not know of it either.
    throw new ForgeError('ACCESS_DENIED', `${request.action} is not allowed to ${principal} there`, {
      details: { action: request.action },
    })
  }

  /**
   * Hears of every change of rights, and every second, since rights and tokens also end by the clock.
   * @returns a function that ends it
   */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener)
    this.#recheckTimer ??= setInterval(() => this.#tell(), RECHECK_MS).unref()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#stopRechecks()
    }
  }

  /**
   * A token that stands for a principal. It is shown once.
   * @param o.ttlMs at most 366 days; default 90
   * @throws ACCESS_GRANT_INVALID, ACCESS_LIMIT
   */
  async createToken(
    principal: string,
    options: { readonly ttlMs?: number | undefined; readonly by?: string } = {},
  ): Promise<{ readonly token: string; readonly info: TokenInfo }> {
    return await this.#tokens.create(principal, options)
  }

  /** @returns false when there is none */
  async revokeToken(id: string, options: { readonly by?: string } = {}): Promise<boolean> {
    const isRevoked = await this.#tokens.revoke(id, options)
    if (isRevoked) this.#changed()
    return isRevoked
  }

  tokens(): readonly TokenInfo[] {
    return this.#tokens.list()
  }

  /** The principal a token stands for; its use is noted, once an hour. @throws ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED */
  authenticate(token: string): string {
    try {
      return this.#tokens.authenticate(token)
    } catch (error) {
      this.#denials.note({ who: 'unknown', action: 'data.list', resource: 'token', rule: 'token' })
      throw error
    }
  }

  /** Writes the refusals that are still counted, and tells of nothing more. */
  async close(): Promise<void> {
    this.#listeners.clear()
    this.#stopRechecks()
    await this.#denials.close()
    await this.#tokens.close()
  }

  /** Whether a grant to this holder changes the rights of a principal: by name, by a role he has, or as everyone. */
  #concerns(holder: string, principal: string): boolean {
    if (principal === OWNER) return false
    const roles = this.#roles.get(principal) ?? []
    return [principal, EVERYONE, ...roles.map((role) => `role:${role}`)].includes(holder)
  }

  #rightsOf(principal: string): Rights {
    const known = this.#rights.get(principal)
    if (known !== undefined) return known
    const roles = this.#roles.get(principal) ?? []
    const holders = new Set([principal, EVERYONE, ...roles.map((role) => `role:${role}`)])
    const rights = new Rights(
      [...this.#grants.values()].filter(({ holder }) => holders.has(holder)),
      roles,
    )
    this.#rights.set(principal, rights)
    return rights
  }

  #changed(): void {
    this.#rights.clear()
    this.#principals = undefined
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }

  #stopRechecks(): void {
    clearInterval(this.#recheckTimer)
    this.#recheckTimer = undefined
  }

  #checkRole(role: string): void {
    const isCustom = [...this.#grants.values()].some(({ holder }) => holder === `role:${role}`)
    if (ROLES[role] !== undefined || isCustom) return
    throw new ForgeError('ACCESS_ROLE_UNKNOWN', `there is no role ${role}`, {
      hint: `Built-in roles are ${Object.keys(ROLES).join(', ')}; others exist once something is granted to role:<name>.`,
    })
  }

  #checkLimits(holder: string): void {
    const grants = [...this.#grants.values()].filter((grant) => grant.holder === holder)
    if (grants.length >= GRANTS_PER_HOLDER_MAX) {
      throw new ForgeError('ACCESS_LIMIT', `${holder} has ${GRANTS_PER_HOLDER_MAX} grants already`)
    }
    if (this.list().length >= HOLDERS_MAX) {
      throw new ForgeError('ACCESS_LIMIT', `${HOLDERS_MAX} principals and roles have rights already`)
    }
  }

  #load(kind: string, value: Uint8Array): void {
    if (kind === 'g') {
      const grant = decodeGrant(value)
      this.#grants.set(grant.id, grant)
    } else if (kind === 'p') {
      // Written below and authenticated since.
      const { principal, roles } = JSON.parse(utf8Decode(value)) as { principal: string; roles: string[] }
      this.#roles.set(principal, roles)
    } else this.#tokens.load(kind, value)
  }
}

function selfGrant(): ForgeError {
  return new ForgeError('ACCESS_SELF_GRANT', 'nobody changes his own rights; another security officer may')
}

function withoutUndefined<T extends object>(value: T): T {
  // Only members are dropped that are undefined, which the type allows to be absent.
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}
