import { AuditLog, CHECKPOINT_KEYSPACE, compareWithAnchor, type Anchor, type AuditAct } from '@forgeone/audit'
import {
  assert,
  canonicalJson,
  ForgeError,
  fromHex,
  isForgeError,
  utf8Encode,
  type Clock,
  type JsonObject,
  type Logger,
  type ReportProblem,
} from '@forgeone/common'
import { SIGNING_SCOPE, type Keyring, type Signer } from '@forgeone/crypto'
import type { LocalStore, ObserverSource, Operation } from '@forgeone/engine'
import { AUDIT_DATABASE } from '../layout/database-names.ts'

/** An anchor that knows another history. */
export interface Disagreement {
  /** `AUDIT_ROLLBACK` or `AUDIT_FORK`. */
  readonly reason: ForgeError
  /** Under which that history was signed: it need not be a name that this log ever had. */
  readonly origin: string
}

export interface AuditSourceOptions {
  readonly clock: Clock
  readonly logger: Logger | undefined
  /** Rows for the commits that tell of a change of the keyring. */
  readonly alongsideKeyChange: (keyring: Keyring) => readonly Operation[]
}

/** Makes the audit log of a store when the store is opened, and keeps hold of it. */
export class AuditSource implements ObserverSource {
  readonly database: string = AUDIT_DATABASE
  readonly notesKeyspace: number = CHECKPOINT_KEYSPACE
  readonly #options: AuditSourceOptions
  #log: AuditLog | undefined
  #signers: readonly Signer[] = []
  #store: LocalStore | undefined

  constructor(options: AuditSourceOptions) {
    this.#options = options
  }

  /** The log once the store is open; absent while its database is offline. */
  get log(): AuditLog | undefined {
    return this.#log
  }

  /** The keys that sign checkpoints and evidence, the newest first. */
  get signers(): readonly Signer[] {
    return this.#signers
  }

  async create(o: Parameters<ObserverSource['create']>[0]): Promise<AuditLog> {
    await o.keyring.ensureScopes([SIGNING_SCOPE])
    this.#signers = o.keyring.signers()
    const [signer, ...alsoSigning] = this.#signers
    const generation = fromHex(o.generation)
    assert(generation !== undefined, 'a generation is hexadecimal')
    const { storeId } = o
    const { clock, logger } = this.#options
    const record = (act: AuditAct): Promise<void> => this.#commit(act)
    const keys = { prepare: () => o.keyring.nextSigner(), promote: () => this.#promote() }
    const queryIndexKey = o.keyring.keyedHash('audit-index', utf8Encode('query index'))
    const reportProblem: ReportProblem = (problem, where) => this.#store?.reportProblem(problem, where)
    const signing = { signer, alsoSigning, keys, clock, logger, record, reportProblem }
    this.#log = new AuditLog({ storeId, generation, queryIndexKey, ...signing })
    queryIndexKey.fill(0)
    return this.#log
  }

  /** The log may commit what it has to tell of itself from now on; notes of ended origins bind it no more. */
  connect(store: LocalStore, ended: readonly string[]): void {
    this.#store = store
    // It was read while the store was opened, and then set aside for rows that are not those the journal tells of.
    if (!store.isOnline(AUDIT_DATABASE)) this.#log = undefined
    this.#log?.succeed(ended)
  }

  /**
   * Compares with every anchor, and with what the store itself has signed: a journal that was cut leaves notes behind that
   * are about more.
   * @returns why this log is not the one that was signed, by each anchor that says so
   * @throws AUDIT_ANCHOR_FAILED, NOTE_FORMAT
   */
  async disagreements(anchors: readonly Anchor[]): Promise<readonly Disagreement[]> {
    const log = this.#log
    const found: Disagreement[] = []
    if (log === undefined) return found
    const notes = [() => log.newestNote(), ...anchors.map((anchor) => () => anchor.newest())]
    for (const newest of notes) {
      const note = await newest()
      if (note === undefined) continue
      try {
        await compareWithAnchor(log, note)
      } catch (reason) {
        if (!isForgeError(reason, 'AUDIT_ROLLBACK', 'AUDIT_FORK')) throw reason
        found.push({ reason, origin: note.slice(0, note.indexOf('\n')) })
      }
    }
    return found
  }

  /**
   * Destroys the signing keys whose time beside their successor is over, and signs with the others.
   * @throws IO_FAILED, and what a commit throws
   */
  async retireKeys(): Promise<void> {
    const { keyring } = this.#started().keys
    for (const id of keyring.retiredSigners()) {
      // One after the other: each is a write of the keyring, and a commit that tells of it.
      await keyring.destroyKey({ keyId: id, uses: new Map() })
      await this.#recordKeyChange('keys.destroyed', { id })
    }
    this.#signers = keyring.signers()
    this.#log?.useSigners(this.#signers)
  }

  async #promote(): Promise<readonly Signer[]> {
    const { keyring } = this.#started().keys
    const { id } = await keyring.rotateData(SIGNING_SCOPE)
    this.#signers = keyring.signers()
    await this.#recordKeyChange('keys.rotated', { scopes: [SIGNING_SCOPE], ids: [id] })
    return this.#signers
  }

  async #recordKeyChange(action: string, facts: JsonObject): Promise<void> {
    const { keys } = this.#started()
    await keys.record({ action, facts, operations: this.#options.alongsideKeyChange(keys.keyring) })
  }

  #started(): LocalStore {
    if (this.#store !== undefined) return this.#store
    throw new ForgeError('STORE_CLOSED', 'the audit log was not started')
  }

  async #commit({ action, facts }: AuditAct): Promise<void> {
    const context = canonicalJson(facts, { code: 'INTERNAL', what: 'the facts of the audit log' })
    const whole = { actor: 'app', action, resourceClass: 'audit', context }
    await this.#started().commit(() => ({ facts: whole, operations: [] }))
  }
}
