import type { Reservations, SealBudget } from '../sealing/seal-budget.ts'
import type { KeyTable } from '../sealing/key-table.ts'
import type { KeyringDocument } from './keyring-document.ts'
import type { KeyringFile } from './keyring-file.ts'
import { parseKeyring } from './keyring-text.ts'
import type { MasterKey } from './master-key.ts'

/** The document that follows from one that is durable; pure, since it is asked again when another write comes first. */
export type KeyringEdit = (document: KeyringDocument) => KeyringDocument

interface Planned {
  readonly document: KeyringDocument
  readonly master: MasterKey
  readonly bytes: Uint8Array
  readonly grants: ReadonlyMap<SealBudget, number>
}

/**
 * Owns the document of an open keyring and brings its changes to disk, each under a new revision. A reservation of seals
 * alone keeps the revision: were it to rise by use, an older keyring that is refused would catch up by being tried again.
 *
 * What it shows is always durable: a change counts once its write has settled, and one that fails never was.
 */
export class KeyringWriter implements Reservations {
  readonly #file: KeyringFile
  readonly #table: KeyTable
  #master: MasterKey
  /** As it is durable; revision 0 for a keyring that was never written. */
  #document: KeyringDocument
  /** Synchronous writes that were tried: an asynchronous one that began before knows nothing of them. */
  #triedNow = 0
  /** A write failed that may have reached a file all the same. */
  #isUnsettled = false
  #last: Promise<void> = Promise.resolve()

  constructor(o: { file: KeyringFile; master: MasterKey; table: KeyTable; document: KeyringDocument }) {
    this.#file = o.file
    this.#master = o.master
    this.#table = o.table
    this.#document = o.document
  }

  get document(): KeyringDocument {
    return this.#document
  }

  /** The key that the document is written under. */
  get master(): MasterKey {
    return this.#master
  }

  /**
   * Makes a change durable, after those that were asked for before.
   * @param o.master the key to write under from then on; without it the present one
   * @throws IO_FAILED, CRYPTO_LOCKED; then nothing is changed
   */
  update(edit?: KeyringEdit, o: { readonly master?: MasterKey } = {}): Promise<void> {
    const run = this.#last.then(() => this.#write(edit, o.master))
    this.#last = run.catch(() => {})
    return run
  }

  /**
   * The same before it returns.
   * @throws IO_FAILED, CRYPTO_LOCKED; then nothing is changed
   */
  updateNow(edit?: KeyringEdit): void {
    const next = this.#plan(edit, this.#master)
    this.#triedNow++
    this.#isUnsettled = true
    this.#file.replaceSync(next.bytes)
    this.#settle(next)
  }

  /** Settles when no write is under way, and what a failed one may have left is overwritten; it never rejects. */
  async settled(): Promise<void> {
    await this.#last
    if (this.#isUnsettled) await this.update().catch(() => undefined)
  }

  reserveNow(): void {
    this.#planAll()
    this.updateNow()
  }

  reserveSoon(): void {
    this.#planAll()
    // A failure loses nothing: the grant stays as it is, and its end reserves again and reports.
    this.update().catch(() => {})
  }

  async #write(edit: KeyringEdit | undefined, master: MasterKey | undefined): Promise<void> {
    for (;;) {
      const begunAt = this.#triedNow
      const next = this.#plan(edit, master ?? this.#master)
      this.#isUnsettled = true
      await this.#file.replace(next.bytes)
      if (begunAt === this.#triedNow) {
        this.#settle(next)
        return
      }
      // A synchronous write came between, and may stand in the files without this change: it is made upon that one.
    }
  }

  #settle({ document, master, grants }: Planned): void {
    this.#document = document
    this.#master = master
    this.#isUnsettled = false
    for (const [budget, reserved] of grants) budget.grant(reserved)
  }

  // One write serves every key that runs low, above all at the first seal after opening.
  #planAll(): void {
    for (const budget of this.#table.budgets().values()) budget.plan()
  }

  #plan(edit: KeyringEdit | undefined, master: MasterKey): Planned {
    const before = this.#document
    const edited = edit === undefined ? before : edit(before)
    const budgets = this.#table.budgets()
    const grants = new Map<SealBudget, number>()
    const keys = edited.keys.map((key) => {
      const budget = budgets.get(key.id)
      if (budget === undefined || key.state === 'destroyed') return key
      grants.set(budget, budget.planned)
      return { ...key, sealsReserved: budget.planned }
    })
    const isChanged = edit !== undefined || before.revision === 0
    const document = { ...edited, keys, revision: edited.revision + (isChanged ? 1 : 0) }
    const bytes = master.encode(document)
    // What is written is read first: a keyring that would not parse is two damaged files.
    if (edit !== undefined) parseKeyring(bytes)
    return { document, master, bytes, grants }
  }
}
