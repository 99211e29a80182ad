import { AuditLog, compareWithAnchor, type Anchor, type AuditAct } from '@forgeone/audit'
import {
  assert,
  canonicalJson,
  ForgeError,
  fromHex,
  isForgeError,
  utf8Encode,
  type Clock,
  type Logger,
} from '@forgeone/common'
import { SIGNING_SCOPE, type Signer } from '@forgeone/crypto'
import type { ObserverSource, Store } from '@forgeone/engine'

/** The database of leaves, tiles and checkpoints. */
export const AUDIT_DATABASE = 'audit'

/** Makes the audit log of a store when the store is opened, and keeps hold of it. */
export class AuditSource implements ObserverSource {
  readonly database: string = AUDIT_DATABASE
  readonly #clock: Clock
  readonly #logger: Logger | undefined
  #log: AuditLog | undefined
  #signers: readonly Signer[] = []
  #store: Store | undefined

  constructor({ clock, logger }: { clock: Clock; logger: Logger | undefined }) {
    this.#clock = clock
    this.#logger = logger
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
    const clock = this.#clock
    const logger = this.#logger
    const record = (act: AuditAct): Promise<void> => this.#commit(act)
    const queryIndexKey = o.keyring.keyedHash('audit-index', utf8Encode('query index'))
    const signing = { signer, alsoSigning, clock, logger, record }
    this.#log = new AuditLog({ storeId, generation, queryIndexKey, ...signing })
    queryIndexKey.fill(0)
    return this.#log
  }

  /**
   * Begins to sign, once every anchor agrees: a log that was rolled back must sign nothing under its name.
   * @throws AUDIT_ROLLBACK, AUDIT_FORK, AUDIT_ANCHOR_FAILED
   */
  async start(store: Store, anchors: readonly Anchor[]): Promise<void> {
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
        this.#logger?.log('error', error.message, { code: error.code, place: anchor.place })
      }
    }
  }

  async #commit({ action, facts }: AuditAct): Promise<void> {
    if (this.#store === undefined) throw new ForgeError('STORE_CLOSED', 'the audit log was not started')
    const context = canonicalJson(facts, { code: 'INTERNAL', what: 'the facts of the audit log' })
    const whole = { actor: 'app', action, resourceClass: 'audit', context }
    await this.#store.commit(() => ({ facts: whole, operations: [] }))
  }
}
