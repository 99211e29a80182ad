import {
  ArgumentCheck,
  callIsolated,
  copyPlain,
  ForgeError,
  isForgeError,
  readArgument,
  toHex,
  type Clock,
  type Random,
  type Timer,
} from '@forgeone/common'
import type { Action, Store } from '@forgeone/engine'
import { actorOf, checkDatedRequest, checkDecidable, checkRoles } from './access-arguments.ts'
import { decodeAccessRow, isAccessRowKind } from './access-row-codec.ts'
import { AccessRows, OWNER, type AccessRow } from './access-rows.ts'
import { DenialLog } from './denial-log.ts'
import { Rights, type AccessDecision, type AccessRequest } from './evaluate.ts'
import { checkGrant, checkPrincipalName, GRANTS_PER_HOLDER_MAX, HOLDERS_MAX, type Grant } from './grant.ts'
import { isBuiltInRole, ROLES } from './roles.ts'
import { Tokens, type TokenInfo } from './tokens.ts'

const EVERYONE = '*'
/** What keeps rows from being read. */
const UNREADABLE = [
  'DATABASE_OFFLINE',
  'STATE_MISMATCH',
  'RECORD_TAMPERED',
  'CRYPTO_OPEN_FAILED',
  'CRYPTO_FORMAT',
] as const
/** What {@link AccessControl.pseudonym} makes. */
const PSEUDONYM = /^p_[0-9a-f]{24}$/

/** A right that ends by the clock, or a token that expires, is noticed so soon by what goes on giving. */
export const RECHECK_MS = 1000

export interface AccessOptions {
  readonly store: Store
  readonly database: string
  readonly clock: Clock
  readonly timer: Pick<Timer, 'every'>
  readonly random: Random
  /** Hears of each row that does not parse. */
  readonly onSetAside?: ((row: { readonly key: Uint8Array; readonly error: ForgeError }) => void) | undefined
  /** Hears that a listener has thrown. */
  readonly onListenerFailure?: (() => void) | undefined
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
  readonly #options: AccessOptions
  readonly #grants = new Map<string, Grant>()
  readonly #roles = new Map<string, readonly string[]>()
  readonly #rows: AccessRows
  readonly #tokens: Tokens
  readonly #rights = new Map<string, Rights>()
  /** Who has a role or a grant, by pseudonym; made anew after a change. */
  #principals: ReadonlyMap<string, string> | undefined
  readonly #listeners = new Set<Listener>()
  readonly #denials: DenialLog
  #cancelRecheck: (() => void) | undefined
  /** Why the rows could not be read. */
  #unreadable: ForgeError | undefined
  /** Rows of grants and roles that do not parse. */
  readonly #rightsSetAside = new Set<string>()
  #closed = false

  private constructor(options: AccessOptions) {
    this.#options = options
    this.#rows = new AccessRows(options)
    this.#tokens = new Tokens({ ...options, rows: this.#rows })
    this.#denials = new DenialLog(options)
  }

  /** What cannot be read stands in the way of nobody but principals: to them nothing is allowed then. */
  static async open(options: AccessOptions): Promise<AccessControl> {
    const access = new AccessControl(options)
    try {
      for await (const row of access.#rows.all()) access.#loadOrSetAside(row)
    } catch (error) {
      if (!isForgeError(error, ...UNREADABLE)) throw error
      access.#unreadable = error
    }
    return access
  }

  /** Pseudonym of a principal in the audit log: a keyed hash, so that no name stands there. */
  pseudonym(principal: string): string {
    checkPrincipalName(principal)
    return this.#rows.pseudonym(principal)
  }

  /**
   * Gives or refuses a right.
   * @param by who grants; nobody may grant to himself
   * @throws ACCESS_GRANT_INVALID, ACCESS_SELF_GRANT, ACCESS_LIMIT
   */
  async grant(grant: NewGrant, options: { readonly by?: string } = {}): Promise<Grant> {
    const by = actorOf(options)
    const { clock, random } = this.#options
    const id = `g_${toHex(random.bytes(8))}`
    const made = readArgument('ACCESS_GRANT_INVALID', () => checkGrant(withIdentity(grant, id), clock.now()))
    if (this.#concerns(made.holder, by)) throw selfGrant()
    this.#assertReadable()
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
  async revoke(id: string, options: { readonly by?: string } = {}): Promise<boolean> {
    const by = actorOf(options)
    this.#assertReadable()
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
    options: { readonly by?: string } = {},
  ): Promise<void> {
    checkPrincipalName(principal)
    const by = actorOf(options)
    if (principal === by) throw selfGrant()
    const chosen = checkRoles(roles)
    this.#assertReadable()
    for (const role of chosen) this.#checkRole(role)
    this.#checkLimits(principal)
    const row = { principal, roles: chosen }
    const operation =
      chosen.length === 0 ? this.#rows.delete('p', principal) : this.#rows.put('p', principal, row)
    const facts = { principal: this.pseudonym(principal), roles: row.roles }
    await this.#rows.commit({ by, action: 'access.roles-set', facts, operations: [operation] })
    if (chosen.length === 0) this.#roles.delete(principal)
    else this.#roles.set(principal, row.roles)
    this.#changed()
  }

  /** Everyone who has a role or a grant. */
  list(): readonly PrincipalInfo[] {
    if (this.#unreadable !== undefined) throw this.#unreadable
    return copyPlain(this.#holders())
  }

  #holders(): readonly PrincipalInfo[] {
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
  check(principal: string, request: { readonly action: Action; readonly resource: string }): AccessDecision {
    checkPrincipalName(principal)
    const { action, resource } = checkDecidable(request)
    return this.#decide(principal, { action, resource, now: this.#options.clock.now() })
  }

  /** While rights cannot be read, or one of them, nothing is allowed to anybody but the owner: it may be one that denies. */
  #decide(principal: string, request: AccessRequest): AccessDecision {
    if (this.#isClosed) return { allowed: false, rule: 'unreadable' }
    return this.#rightsOf(principal).decide(request)
  }

  get #isClosed(): boolean {
    return this.#unreadable !== undefined || this.#rightsSetAside.size > 0
  }

  /**
   * The same for whoever stands behind the pseudonym in a row; what has not the form of one is the owner's. A principal
   * without role or grant has the rights of everyone, and no others: so it is decided where the pseudonym is nobody's.
   * @throws ACCESS_GRANT_INVALID
   */
  checkPseudonym(pseudonym: string, request: AccessRequest): AccessDecision {
    const asked = checkDatedRequest(pseudonym, request)
    if (!PSEUDONYM.test(pseudonym)) return { allowed: true, rule: 'owner' }
    this.#principals ??= new Map(
      this.#holders().map(({ principal }) => [this.#rows.pseudonym(principal), principal]),
    )
    return this.#decide(this.#principals.get(pseudonym) ?? EVERYONE, asked)
  }

  /**
   * Refuses what is not allowed; the refusal is committed beside it, and stands even when that cannot be.
   * @throws ACCESS_DENIED
   */
  authorize(principal: string, request: Omit<AccessRequest, 'now'>): void {
    this.#assertOpen()
    const decision = this.check(principal, request)
    if (decision.allowed) return
    this.#denials.note({ who: this.pseudonym(principal), ...request, rule: decision.rule })
    // Of the resource nothing is said: who may not read it may not know of it either.
    throw new ForgeError('ACCESS_DENIED', `${request.action} is not allowed to ${principal} there`, {
      details: { action: request.action },
    })
  }

  /**
   * Hears of every change of rights, and every second, since rights and tokens also end by the clock. What a listener throws
   * is a warning in the log of the store: the change stands, and the other listeners are told.
   * @returns a function that ends it
   */
  onChange(listener: Listener): () => void {
    if (typeof listener !== 'function')
      throw new ForgeError('ACCESS_GRANT_INVALID', 'a listener of changes is a function')
    this.#listeners.add(listener)
    this.#cancelRecheck ??= this.#options.timer.every(RECHECK_MS, () => this.#tell())
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
    this.#assertReadable()
    return await this.#tokens.create(principal, options)
  }

  /** @returns false when there is none */
  async revokeToken(id: string, options: { readonly by?: string } = {}): Promise<boolean> {
    this.#assertReadable()
    const isRevoked = await this.#tokens.revoke(id, actorOf(options))
    if (isRevoked) this.#changed()
    return isRevoked
  }

  tokens(): readonly TokenInfo[] {
    return this.#tokens.list()
  }

  /** The principal a token stands for; its use is noted, once an hour. @throws ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED */
  authenticate(token: string): string {
    this.#assertOpen()
    try {
      return this.#tokens.authenticate(token)
    } catch (error) {
      this.#denials.note({ who: 'unknown', action: 'data.list', resource: 'token', rule: 'token' })
      throw error
    }
  }

  /** A row that was set aside was removed: once none is left, rights count again. @throws ACCESS_GRANT_INVALID */
  forgetSetAside(key: Uint8Array): void {
    new ArgumentCheck('ACCESS_GRANT_INVALID').bytes(key, 'the key of a row')
    this.#rightsSetAside.delete(toHex(key))
  }

  /** Writes the refusals that are still counted, and tells of nothing more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#listeners.clear()
    this.#stopRechecks()
    await this.#denials.close()
    await this.#tokens.close()
  }

  /** A refusal could be counted no more. */
  #assertOpen(): void {
    if (this.#closed) throw new ForgeError('STORE_CLOSED', 'the store is closed')
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
    for (const listener of this.#listeners) callIsolated(listener, () => this.#options.onListenerFailure?.())
  }

  #stopRechecks(): void {
    this.#cancelRecheck?.()
    this.#cancelRecheck = undefined
  }

  #checkRole(role: string): void {
    const isCustom = [...this.#grants.values()].some(({ holder }) => holder === `role:${role}`)
    if (isBuiltInRole(role) || isCustom) return
    throw new ForgeError('ACCESS_ROLE_UNKNOWN', `there is no role ${role}`, {
      hint: `Built-in roles are ${Object.keys(ROLES).join(', ')}; others exist once something is granted to role:<name>.`,
    })
  }

  #checkLimits(holder: string): void {
    const grants = [...this.#grants.values()].filter((grant) => grant.holder === holder)
    if (grants.length >= GRANTS_PER_HOLDER_MAX) {
      throw new ForgeError('ACCESS_LIMIT', `${holder} has ${GRANTS_PER_HOLDER_MAX} grants already`)
    }
    if (this.#holders().length >= HOLDERS_MAX) {
      throw new ForgeError('ACCESS_LIMIT', `${HOLDERS_MAX} principals and roles have rights already`)
    }
  }

  /** Nothing is changed while it cannot be told what is there. @throws DATABASE_OFFLINE, RECORD_TAMPERED */
  #assertReadable(): void {
    if (this.#unreadable !== undefined) throw this.#unreadable
  }

  #loadOrSetAside(row: AccessRow): void {
    try {
      this.#load(row)
    } catch (error) {
      if (!isForgeError(error, 'RECORD_TAMPERED')) throw error
      // A token is worth nothing without its row; a grant or role that is missing could be one that forbids.
      if (row.kind !== 't' && row.kind !== 'u') this.#rightsSetAside.add(toHex(row.key))
      this.#options.onSetAside?.({ key: row.key, error })
    }
  }

  #load({ kind, value }: AccessRow): void {
    if (!isAccessRowKind(kind))
      throw new ForgeError('RECORD_TAMPERED', 'a row of access control is of no known kind')
    if (kind === 'g') {
      const grant = decodeAccessRow(kind, value)
      this.#grants.set(grant.id, grant)
    } else if (kind === 'p') {
      const { principal, roles } = decodeAccessRow(kind, value)
      this.#roles.set(principal, roles)
    } else this.#tokens.load(kind, value)
  }
}

function selfGrant(): ForgeError {
  return new ForgeError('ACCESS_SELF_GRANT', 'nobody changes his own rights; another security officer may')
}

/** The grant with what it is not given: an id, and what it does. What is no object is left to be refused. */
function withIdentity(grant: unknown, id: string): unknown {
  if (typeof grant !== 'object' || grant === null || Array.isArray(grant)) return grant
  const { effect = 'allow', ...rest }: { effect?: unknown } = grant
  return { ...rest, effect, id }
}
