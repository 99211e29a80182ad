import { AuditLog, compareWithAnchor, type Anchor, type AuditAct } from '@forgeone/audit'
import {
  assert,
  canonicalJson,
  ForgeError,
  fromHex,
  isForgeError,
  type Clock,
  type JsonObject,
  type Logger,
} from '@forgeone/common'
import { SIGNING_SCOPE, type Keyring, type Signer } from '@forgeone/crypto'
import type { LocalStore, ObserverSource, Operation } from '@forgeone/engine'

/** The database of leaves, tiles and checkpoints. */
export const AUDIT_DATABASE = 'audit'

export interface AuditSourceOptions {
  readonly clock: Clock
  readonly logger: Logger | undefined
  /** Rows for the commits that tell of a change of the keyring. */
  readonly alongsideKeyChange: (keyring: Keyring) => readonly Operation[]
}

/** Makes the audit log of a store when the store is opened, and keeps hold of it. */
export class AuditSource implements ObserverSource {
  readonly database: string = AUDIT_DATABASE
  readonly #o: AuditSourceOptions
  #log: AuditLog | undefined
  #signers: readonly Signer[] = []
  #store: LocalStore | undefined

  constructor(options: AuditSourceOptions) {
    this.#o = options
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
    const { clock, logger } = this.#o
    const record = (act: AuditAct): Promise<void> => this.#commit(act)
    const keys = { prepare: () => o.keyring.nextSigner(), promote: () => this.#promote() }
    this.#log = new AuditLog({ storeId, generation, signer, alsoSigning, keys, clock, logger, record })
    return this.#log
  }

  /**
   * Begins to sign, once every anchor agrees: a log that was rolled back must sign nothing under its name.
   * @throws AUDIT_ROLLBACK, AUDIT_FORK, AUDIT_ANCHOR_FAILED
   */
  async start(store: LocalStore, anchors: readonly Anchor[]): Promise<void> {
    this.#store = store
    const log = this.#log
    if (log === undefined) return
    for (const anchor of anchors) {
      const note = await anchor.newest()
      if (note !== undefined) await compareWithAnchor(log, note)
    }
    log.start()
  }

  /** Takes a fresh checkpoint to every anchor; one that fails is told to the logger, and tried again the next time. */
  async publish(anchors: readonly Anchor[]): Promise<void> {
    const log = this.#log
    if (log === undefined || anchors.length === 0) return
    const checkpoint = await log.checkpoint()
    for (const anchor of anchors) {
      try {
        const lines = await anchor.publish(checkpoint, log)
        if (lines.length > 0) await log.addCosignatures({ checkpoint, lines })
      } catch (error) {
        if (!isForgeError(error, 'AUDIT_ANCHOR_FAILED')) throw error
        this.#o.logger?.log('error', error.message, { code: error.code, place: anchor.place })
      }
    }
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
    await keys.record({ action, facts, operations: this.#o.alongsideKeyChange(keys.keyring) })
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
