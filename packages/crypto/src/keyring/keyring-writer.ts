import type { Reservations, SealBudget } from '../sealing/seal-budget.ts'
import type { KeyTable } from '../sealing/key-table.ts'
import type { KeyringDocument } from './keyring-document.ts'
import type { KeyringFile } from './keyring-file.ts'
import type { MasterKey } from './master-key.ts'

/**
 * Owns the document of an open keyring and brings its changes to disk, each under a new revision. A reservation of seals
 * alone keeps the revision: were it to rise by use, an older keyring that is refused would catch up by being tried again.
 */
export class KeyringWriter implements Reservations {
  readonly #file: KeyringFile
  readonly #table: KeyTable
  #master: MasterKey
  #document: KeyringDocument
  /** Changed since the last write. */
  #isChanged = true
  #last: Promise<void> = Promise.resolve()

  constructor(o: { file: KeyringFile; master: MasterKey; table: KeyTable; document: KeyringDocument }) {
    this.#file = o.file
    this.#master = o.master
    this.#table = o.table
    this.#document = o.document
    // The document of a new keyring was never written, and begins before its first revision.
    this.#isChanged = o.document.revision === 0
  }

  get document(): KeyringDocument {
    return this.#document
  }

  /** The key that every later write is made under. */
  get master(): MasterKey {
    return this.#master
  }

  /** Changes document and master key together; they only make sense as a pair. */
  changeMaster(master: MasterKey, edit: (document: KeyringDocument) => KeyringDocument): void {
    this.#master = master
    this.change(edit)
  }

  /** Changes the document in memory; every later write carries the change, also one that was already waiting. */
  change(edit: (document: KeyringDocument) => KeyringDocument): void {
    this.#document = edit(this.#document)
    this.#isChanged = true
  }

  /**
   * Writes the document as it is when its turn comes.
   * @throws IO_FAILED, CRYPTO_LOCKED
   */
  persist(): Promise<void> {
    const run = this.#last.then(async () => {
      const { bytes, grants } = this.#next()
      await this.#file.replace(bytes)
      grantAll(grants)
    })
    this.#last = run.catch(() => {})
    return run
  }

  /** Settles when no write is under way; it never rejects, since every write has its own promise. */
  settled(): Promise<void> {
    return this.#last
  }

  reserveNow(): void {
    this.#planAll()
    this.persistNow()
  }

  /**
   * Writes the document before it returns.
   * @throws IO_FAILED, CRYPTO_LOCKED
   */
  persistNow(): void {
    const { bytes, grants } = this.#next()
    this.#file.replaceSync(bytes)
    grantAll(grants)
  }

  reserveSoon(): void {
    this.#planAll()
    // A failure loses nothing: the grant stays as it is, and its end reserves again and reports.
    this.persist().catch(() => {})
  }

  // One write serves every key that runs low, above all at the first seal after opening.
  #planAll(): void {
    for (const budget of this.#table.budgets().values()) budget.plan()
  }

  #next(): { bytes: Uint8Array; grants: Map<SealBudget, number> } {
    const budgets = this.#table.budgets()
    const grants = new Map<SealBudget, number>()
    const keys = this.#document.keys.map((key) => {
      const budget = budgets.get(key.id)
      if (budget === undefined || key.state === 'destroyed') return key
      grants.set(budget, budget.planned)
      return { ...key, sealsReserved: budget.planned }
    })
    const revision = this.#document.revision + (this.#isChanged ? 1 : 0)
    const document = { ...this.#document, keys, revision }
    const bytes = this.#master.encode(document)
    this.#document = document
    this.#isChanged = false
    return { bytes, grants }
  }
}

function grantAll(grants: ReadonlyMap<SealBudget, number>): void {
  for (const [budget, reserved] of grants) budget.grant(reserved)
}
