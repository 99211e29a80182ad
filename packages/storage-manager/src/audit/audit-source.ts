import { AuditLog, compareWithAnchor, type Anchor, type AuditAct } from '@forgeone/audit'
import {
  assert,
  canonicalJson,
  ForgeError,
  fromHex,
  isForgeError,
  type Clock,
  type Logger,
} from '@forgeone/common'
import { SIGNING_SCOPE, type Signer } from '@forgeone/crypto'
import type { ObserverSource, Store } from '@forgeone/engine'
import { AUDIT_DATABASE } from '../manager/database-names.ts'

/** An anchor that knows another history. */
export interface Disagreement {
  /** `AUDIT_ROLLBACK` or `AUDIT_FORK`. */
  readonly reason: ForgeError
  /** Under which that history was signed: it need not be a name that this log ever had. */
  readonly origin: string
}

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
    this.#log = new AuditLog({ storeId, generation, signer, alsoSigning, clock, logger, record })
    return this.#log
  }

  /** The log may commit what it has to tell of itself from now on; notes of ended origins bind it no more. */
  connect(store: Store, ended: readonly string[]): void {
    this.#store = store
    this.#log?.succeed(ended)
  }

  /**
   * Compares with every anchor.
   * @returns why this log is not the one that was signed, by each anchor that says so
   * @throws AUDIT_ANCHOR_FAILED, NOTE_FORMAT
   */
  async disagreements(anchors: readonly Anchor[]): Promise<readonly Disagreement[]> {
    const log = this.#log
    const found: Disagreement[] = []
    if (log === undefined) return found
    for (const anchor of anchors) {
      const note = await anchor.newest()
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

  async #commit({ action, facts }: AuditAct): Promise<void> {
    if (this.#store === undefined) throw new ForgeError('STORE_CLOSED', 'the audit log was not started')
    const context = canonicalJson(facts, { code: 'INTERNAL', what: 'the facts of the audit log' })
    const whole = { actor: 'app', action, resourceClass: 'audit', context }
    await this.#store.commit(() => ({ facts: whole, operations: [] }))
  }
}
