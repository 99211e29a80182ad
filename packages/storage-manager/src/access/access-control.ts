import {
  canonicalJson,
  ForgeError,
  toHex,
  utf8Decode,
  utf8Encode,
  type Clock,
  type JsonObject,
  type Random,
} from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import { DenialLog } from './denial-log.ts'
import { Rights, type AccessDecision, type AccessRequest } from './evaluate.ts'
import {
  checkGrant,
  checkPrincipalName,
  decodeGrant,
  encodeJson,
  GRANTS_PER_HOLDER_MAX,
  HOLDERS_MAX,
  type Grant,
} from './grant.ts'
import { ROLES, type Action } from './roles.ts'
import {
  checkToken,
  decodeToken,
  newToken,
  TOKEN_MS_DEFAULT,
  TOKEN_MS_MAX,
  tokenIdOf,
  type TokenRecord,
} from './token.ts'

const KEYSPACE = 0x14
const OWNER = 'owner'
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

/** A token as it is listed: never its secret. */
export type TokenInfo = Omit<TokenRecord, 'digest'>

type Listener = () => void

/**
 * Who may do what. `forge` itself acts as the owner, who may everything; `forge.as(principal)` may what its grants and
 * roles say. Rows lie in the store's own database, sealed; every change and every refusal is a commit.
 */
export class AccessControl {
  readonly #o: AccessOptions
  readonly #grants = new Map<string, Grant>()
  readonly #roles = new Map<string, readonly string[]>()
  readonly #tokens = new Map<string, TokenRecord>()
  readonly #rights = new Map<string, Rights>()
  /** Who has a role or a grant, by pseudonym; made anew after a change. */
  #principals: ReadonlyMap<string, string> | undefined
  readonly #listeners = new Set<Listener>()
  readonly #denials: DenialLog
  #recheckTimer: NodeJS.Timeout | undefined

  private constructor(options: AccessOptions) {
    this.#o = options
    this.#denials = new DenialLog(options)
  }

  /** @throws RECORD_TAMPERED */
  static async open(options: AccessOptions): Promise<AccessControl> {
    const access = new AccessControl(options)
    const range = { from: Uint8Array.of(KEYSPACE), to: Uint8Array.of(KEYSPACE + 1) }
    for await (const page of options.store.scan(options.database, range)) {
      for (const { key, value } of page) access.#load(String.fromCharCode(key[1]!), value)
    }
    return access
  }

  /** Pseudonym of a principal in the audit log: a keyed hash, so that no name stands there. */
  pseudonym(principal: string): string {
    return `p_${toHex(this.#o.store.keyedHash('resource', utf8Encode(`principal ${principal}`))).slice(0, 24)}`
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
    await this.#commit({ by, action: 'access.granted', facts, operations: [this.#put('g', id, made)] })
    this.#grants.set(id, made)
    this.#changed()
    return made
  }

  /** Takes a grant back. @returns false when there is none @throws ACCESS_SELF_GRANT for one's own */
  async revoke(id: string, { by = OWNER }: { readonly by?: string } = {}): Promise<boolean> {
    const grant = this.#grants.get(id)
    if (grant === undefined) return false
    if (this.#concerns(grant.holder, by)) throw selfGrant()
    await this.#commit({ by, action: 'access.revoked', facts: { id }, operations: [this.#delete('g', id)] })
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
    const operation = roles.length === 0 ? this.#delete('p', principal) : this.#put('p', principal, row)
    const facts = { principal: this.pseudonym(principal), roles: row.roles }
    await this.#commit({ by, action: 'access.roles-set', facts, operations: [operation] })
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
    if (!PSEUDONYM.test(pseudonym)) return { allowed: true, rule: OWNER }
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
    {
      ttlMs = TOKEN_MS_DEFAULT,
      by = OWNER,
    }: { readonly ttlMs?: number | undefined; readonly by?: string } = {},
  ): Promise<{ readonly token: string; readonly info: TokenInfo }> {
    checkPrincipalName(principal)
    if (!Number.isInteger(ttlMs) || ttlMs < 1 || ttlMs > TOKEN_MS_MAX) {
      throw new ForgeError('ACCESS_LIMIT', 'a token lasts from a millisecond to 366 days')
    }
    if (this.#tokens.size >= HOLDERS_MAX)
      throw new ForgeError('ACCESS_LIMIT', `there are ${HOLDERS_MAX} tokens already`)
    const { text, record } = newToken({ principal, now: this.#o.clock.now(), ttlMs }, this.#o.random)
    const facts = { id: record.id, principal: this.pseudonym(principal) }
    await this.#commit({
      by,
      action: 'access.token-created',
      facts,
      operations: [this.#put('t', record.id, record)],
    })
    this.#tokens.set(record.id, record)
    return { token: text, info: tokenInfo(record) }
  }

  /** @returns false when there is none */
  async revokeToken(id: string, { by = OWNER }: { readonly by?: string } = {}): Promise<boolean> {
    if (!this.#tokens.has(id)) return false
    await this.#commit({
      by,
      action: 'access.token-revoked',
      facts: { id },
      operations: [this.#delete('t', id)],
    })
    this.#tokens.delete(id)
    this.#changed()
    return true
  }

  tokens(): readonly TokenInfo[] {
    return [...this.#tokens.values()].map(tokenInfo)
  }

  /** The principal a token stands for. @throws ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED */
  authenticate(token: string): string {
    const id = tokenIdOf(token)
    const record = id === undefined ? undefined : this.#tokens.get(id)
    try {
      checkToken(token, { record, now: this.#o.clock.now() })
    } catch (error) {
      this.#denials.note({ who: 'unknown', action: 'data.list', resource: 'token', rule: 'token' })
      throw error
    }
    return record!.principal
  }

  /** Writes the refusals that are still counted, and tells of nothing more. */
  async close(): Promise<void> {
    this.#listeners.clear()
    this.#stopRechecks()
    await this.#denials.close()
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
    } else if (kind === 't') {
      const token = decodeToken(value)
      this.#tokens.set(token.id, token)
    } else if (kind === 'p') {
      // Written below and authenticated since.
      const { principal, roles } = JSON.parse(utf8Decode(value)) as { principal: string; roles: string[] }
      this.#roles.set(principal, roles)
    }
  }

  async #commit(o: {
    readonly by: string
    readonly action: string
    readonly facts: JsonObject
    readonly operations: readonly Operation[]
  }): Promise<void> {
    const actor = o.by === OWNER ? OWNER : this.pseudonym(o.by)
    const context = canonicalJson(o.facts, { code: 'INTERNAL', what: 'the facts of a change of rights' })
    const facts = { actor, action: o.action, resourceClass: 'access', context }
    await this.#o.store.commit(() => ({ facts, operations: o.operations }))
  }

  #put(kind: string, id: string, value: unknown): Operation {
    return { type: 'put', database: this.#o.database, key: this.#key(kind, id), value: encodeJson(value) }
  }

  #delete(kind: string, id: string): Operation {
    return { type: 'delete', database: this.#o.database, key: this.#key(kind, id) }
  }

  /** Keyspace, kind, and a keyed hash: no name stands on disk in clear. */
  #key(kind: string, id: string): Uint8Array {
    const hash = this.#o.store.keyedHash('blind', utf8Encode(`access ${kind} ${id}`))
    return Uint8Array.from([KEYSPACE, kind.charCodeAt(0), ...hash])
  }
}

function selfGrant(): ForgeError {
  return new ForgeError('ACCESS_SELF_GRANT', 'nobody changes his own rights; another security officer may')
}

function tokenInfo({ id, principal, created, expires }: TokenRecord): TokenInfo {
  return { id, principal, created, expires }
}

function withoutUndefined<T extends object>(value: T): T {
  // Only members are dropped that are undefined, which the type allows to be absent.
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}
