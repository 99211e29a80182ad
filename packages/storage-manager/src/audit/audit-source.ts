import { AuditLog } from '@forgeone/audit'
import { assert, fromHex, type Clock, type Logger } from '@forgeone/common'
import { SIGNING_SCOPE, type Signer } from '@forgeone/crypto'
import type { ObserverSource } from '@forgeone/engine'

/** The database of leaves, tiles and checkpoints. */
export const AUDIT_DATABASE = 'audit'

/** Makes the audit log of a store when the store is opened, and keeps hold of it. */
export class AuditSource implements ObserverSource {
  readonly database: string = AUDIT_DATABASE
  readonly #clock: Clock
  readonly #logger: Logger | undefined
  #log: AuditLog | undefined
  #signers: readonly Signer[] = []

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
    this.#log = new AuditLog({ storeId, generation, signer, alsoSigning, clock, logger })
    return this.#log
  }
}
