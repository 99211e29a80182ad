import {
  assert,
  ForgeError,
  isForgeError,
  isolatedLogger,
  type CommitObserver,
  type ObservedCommit,
  type ObserverRow,
  type ObserverStore,
  systemTimer,
  type Timer,
} from '@forgeone/common'
import type { Signer } from '@forgeone/crypto'
import { consistencyRanges, inclusionRanges } from '@forgeone/merkle'
import { encodeLeaf } from '../leaf/encode-leaf.ts'
import { exportTiles, type ExportOptions, type TileTarget } from '../export/export-tiles.ts'
import type { VerifierKey } from '../note/verifier-key.ts'
import type { InclusionProof } from '../proof/inclusion-proof.ts'
import { formatTlogProof } from '../proof/tlog-proof.ts'
import type { EntryPart, Receipt } from '../proof/receipt.ts'
import { queryLeaves } from '../query/query-leaves.ts'
import type { AuditAnswer, AuditEntry, AuditFilter } from '../query/audit-entry.ts'
import type { IndexFault } from '../query-index/find-index-fault.ts'
import { indexedFromKey } from '../query-index/index-row.ts'
import { QueryIndex, type WrittenBundles } from '../query-index/query-index.ts'
import { parseTilePath, TILE_WIDTH } from '../tree/tile-path.ts'
import { originOf, type AuditAct, type AuditLogOptions } from './audit-log-options.ts'
import { CHECKPOINT_INTERVAL_MS, CheckpointKeeper, type KeeperParts } from './checkpoint-keeper.ts'
import { GrowingLog } from './growing-log.ts'
import { KeyRotator } from './key-rotator.ts'
import * as door from './log-arguments.ts'
import { LogReader } from './log-reader.ts'
import { LogSigner } from './log-signer.ts'
import { readMinimumIndex, removeBundles } from './prune-log.ts'
import { RecentRows } from './recent-rows.ts'
import { stateKey } from './row-keys.ts'
import { decodeState, encodeState, STATES_KEPT, unknownState } from './state-row.ts'
import { StoredCheckpoints } from './stored-checkpoints.ts'

/** The Merkle log of a store: leaf n is commit n. Design: `docs/format.md`, "Audit database". */
export class AuditLog implements CommitObserver {
  readonly database = 'audit'
  readonly #signer: LogSigner
  readonly #timer: Pick<Timer, 'every' | 'pause'>
  readonly #telling: Pick<KeeperParts, 'logger' | 'reportProblem'>
  readonly #record: (act: AuditAct) => Promise<void>
  readonly #rotator: KeyRotator
  readonly #recent = new RecentRows()
  readonly #index: QueryIndex | undefined
  #growing = new GrowingLog()
  #reader: LogReader | undefined
  #store: ObserverStore | undefined
  #keeper: CheckpointKeeper | undefined
  #settledSizes: readonly number[] = []
  #stopTimer: (() => void) | undefined
  #endedOrigins: ReadonlySet<string> = new Set()
  #closed = false

  constructor(options: AuditLogOptions) {
    const { signer, alsoSigning = [], clock, timer = systemTimer, logger } = options
    const signers = signer === undefined ? [] : [signer, ...alsoSigning]
    this.#record = options.record ?? (() => Promise.resolve())
    this.#timer = timer
    this.#telling = { logger: isolatedLogger(logger), reportProblem: options.reportProblem }
    const { queryIndexKey } = options
    this.#index = queryIndexKey === undefined ? undefined : new QueryIndex(queryIndexKey)
    this.#signer = new LogSigner({ origin: originOf(options), signers, clock, timer })
    this.#rotator = new KeyRotator({
      signer: this.#signer,
      keys: options.keys,
      record: this.#record,
      checkpoint: () => this.checkpoint(),
      refusal: () => this.divergence,
    })
  }

  /** Leaves so far: commits observed. */
  get size(): number {
    return this.#growing.size
  }

  /** First line of the checkpoints, and name of the key that signs them. */
  get origin(): string {
    return this.#signer.origin
  }

  /** Names it was signed under before this one: their notes bind it no more. */
  get endedOrigins(): ReadonlySet<string> {
    return this.#endedOrigins
  }

  /** Takes over from logs under these names, which are signed no more. */
  succeed(origins: Iterable<string>): void {
    this.#endedOrigins = new Set(origins)
    this.#keeper?.succeed(this.#endedOrigins)
  }

  /** Keys that sign checkpoints, the newest first; none when the log was opened without. */
  get verifierKeys(): readonly VerifierKey[] {
    return this.#signer.keys
  }

  /** Settles when everything acknowledged is in the log. @throws why it never will be */
  async caughtUp(): Promise<void> {
    await this.#loadedReader().caughtUp()
  }

  /** Why nothing is signed any more; undefined while all is well. */
  get divergence(): ForgeError | undefined {
    return this.#keeper?.divergence
  }

  /** Never fails on damage of its rows: such a log reads what it can and signs nothing. */
  async load(store: ObserverStore, size: number): Promise<void> {
    const row = size === 0 ? undefined : await orUndefined(store.get(stateKey(size)))
    const restored = size === 0 ? new GrowingLog() : row === undefined ? undefined : decodeState(row, size)
    this.#growing = restored ?? unknownState(size)
    this.#settledSizes = size === 0 ? [] : [size]
    this.#store = store
    await this.#index?.load({ store, size, openEntries: this.#growing.openEntries() })
    const minimumIndex = await orUndefined(readMinimumIndex(store))
    this.#reader = new LogReader({
      store,
      growing: this.#growing,
      recent: this.#recent,
      minimumIndex: minimumIndex ?? 0,
    })
    this.#keeper = new CheckpointKeeper({
      growing: this.#growing,
      reader: this.#reader,
      store,
      checkpoints: new StoredCheckpoints(store),
      signer: this.#signer,
      ...this.#telling,
    })
    if (restored === undefined)
      this.#keeper.diverge(`the state of ${size} leaves is missing or malformed`, { size })
    if (minimumIndex === undefined) this.#keeper.diverge('its minimum index cannot be read', { size })
    await this.#keeper.load()
  }

  observe(commits: readonly ObservedCommit[]): readonly ObserverRow[] {
    const rows: ObserverRow[] = []
    const indexRows: ObserverRow[] = []
    const keeper = this.#loadedKeeper()
    for (const commit of commits) {
      assert(commit.sequence === this.#growing.size, 'leaf n is commit n')
      this.#growing.append(encodeLeaf(commit), rows)
      this.#index?.add(commit.facts, this.#growing.size, indexRows)
      if (this.#growing.size === keeper.nextKnownSize) keeper.compareKnown()
    }
    // Index rows are looked for once they are written.
    this.#recent.add(rows)
    if (this.#stopTimer !== undefined) keeper.signWhenMany()
    return indexRows.length === 0 ? rows : [...rows, ...indexRows]
  }

  settle(): { readonly size: number; readonly rows: readonly ObserverRow[] } {
    const { size } = this.#growing
    const sizes = [...this.#settledSizes.filter((each) => each < size), size]
    const superseded = sizes.slice(0, -STATES_KEPT)
    this.#settledSizes = sizes.slice(-STATES_KEPT)
    const dropped = superseded.flatMap((each) => [stateKey(each), indexedFromKey(each)])
    return {
      size,
      rows: [
        { key: stateKey(size), value: encodeState(this.#growing) },
        // Without an index this takes back what an earlier run may have said of this size.
        { key: indexedFromKey(size), value: this.#index?.settled() },
        ...dropped.map((key) => ({ key, value: undefined })),
      ],
    }
  }

  async close(): Promise<void> {
    await this.stop()
    this.#closed = true
  }

  /** From now on nothing is signed, and whoever asks for a signature gets this error; the log is read and proved as before. */
  refuseSigning(reason: ForgeError): void {
    this.#loadedKeeper().refuse(reason)
  }

  /** Signs a checkpoint every second in which the log grew, and whenever many leaves came; failures go to the logger. */
  start(): void {
    this.#stopTimer ??= this.#timer.every(CHECKPOINT_INTERVAL_MS, () => this.#keeper?.signInBackground())
  }

  /** Ends what `start` began, with a last signature if the log grew, and waits for it. */
  async stop(): Promise<void> {
    if (this.#stopTimer !== undefined) {
      this.#stopTimer()
      this.#stopTimer = undefined
      this.#keeper?.signInBackground()
    }
    await this.#keeper?.idle()
  }

  /** The note with the most leaves that lies in this log, and binds it. */
  async newestNote(): Promise<string | undefined> {
    return await this.#loadedKeeper().newestNote()
  }

  /**
   * The signed note over everything acknowledged when called; signs when there is none yet.
   * @throws AUDIT_SIGNER_MISSING, AUDIT_DIVERGED, AUDIT_ROLLBACK
   */
  async checkpoint(): Promise<string> {
    return (await this.#loadedKeeper().current()).text
  }

  /** The newest note of this origin. @returns undefined when none was signed */
  lastCheckpoint(): string | undefined {
    return this.#loadedKeeper().last?.text
  }

  /** Every stored note with at least `size` leaves, of this and earlier generations, ascending. */
  async *checkpoints(size: number = 0): AsyncGenerator<string> {
    const from = door.leafNumber(size, 'the size of a tree')
    for await (const { text } of this.#loadedKeeper().stored(from)) yield text
  }

  /**
   * Adds signature lines of witnesses to the stored note of their size, so that receipts carry them.
   * @returns the note
   */
  async addCosignatures(o: {
    readonly checkpoint: string
    readonly lines: readonly string[]
  }): Promise<string> {
    return await this.#loadedKeeper().addCosignatures(door.checkedCosignatures(o))
  }

  /** RFC 8785 text of a leaf. @throws AUDIT_INDEX_UNKNOWN, AUDIT_PRUNED, AUDIT_DIVERGED */
  async leaf(index: number): Promise<string> {
    // It may be acknowledged and not observed yet.
    if (door.leafNumber(index, 'the index of a leaf') >= this.size) await this.#store?.caughtUp()
    return await this.#loadedReader().leaf(index)
  }

  /** Proves a leaf to be in the first `size` leaves, which are all by default. @throws AUDIT_INDEX_UNKNOWN, AUDIT_DIVERGED */
  async prove(index: number, size: number = this.size): Promise<InclusionProof> {
    this.#checkRange({ index, size })
    const hashes = await this.#loadedReader().hashesOf(inclusionRanges({ index, size }), size)
    return { index, size, hashes }
  }

  /** Proves the tree of `to` leaves to begin with that of `from`. @throws AUDIT_INDEX_UNKNOWN, AUDIT_DIVERGED */
  async consistency(from: number, to: number): Promise<readonly Uint8Array[]> {
    this.#checkRange({ index: door.leafNumber(from, 'the size of a tree') - 1, size: to })
    return await this.#loadedReader().hashesOf(consistencyRanges({ older: from, newer: to }), to)
  }

  /** The root of the first `size` leaves. @throws AUDIT_INDEX_UNKNOWN, AUDIT_DIVERGED */
  async rootAt(size: number): Promise<Uint8Array> {
    this.#checkRange({ index: 0, size })
    return await this.#loadedReader().rootAt(size)
  }

  /**
   * What an auditor is given for a leaf: the leaf, and its proof under the newest checkpoint that covers it.
   * @throws AUDIT_INDEX_UNKNOWN, AUDIT_DIVERGED, AUDIT_SIGNER_MISSING
   */
  async receipt(index: number, o: { readonly entry?: EntryPart } = {}): Promise<Receipt> {
    const entry = door.checkedEntryPart(o)
    const keeper = this.#loadedKeeper()
    const leaf = await this.leaf(index)
    const covers = keeper.last !== undefined && keeper.last.size > index
    const { size, text } = covers ? keeper.last : await keeper.current()
    const { hashes } = await this.prove(index, size)
    return {
      format: 'forge-receipt',
      version: 1,
      leaf,
      proof: formatTlogProof({ index, hashes, checkpoint: text }),
      ...(entry === undefined ? {} : { entry }),
    }
  }

  /**
   * A file of the tlog-tiles layout: `checkpoint`, `tile/…`, `tile/entries/…`.
   * @returns undefined when the log has no such file now @throws AUDIT_DIVERGED
   */
  async tile(path: string): Promise<Uint8Array | undefined> {
    if (path === 'checkpoint') {
      const text = this.lastCheckpoint()
      return text === undefined ? undefined : new TextEncoder().encode(text)
    }
    const id = parseTilePath(door.checkedPath(path))
    const reader = this.#loadedReader()
    return id === undefined ? undefined : await reader.file(id)
  }

  /** Writes the log as of a fresh checkpoint in tlog-tiles layout; the checkpoint comes last. */
  async exportTiles(target: TileTarget, options: ExportOptions = {}): Promise<{ readonly size: number }> {
    const checked = door.checkedExport(target, options)
    await this.#record({ action: 'audit.exported', facts: { entries: checked.options.entries ?? 'none' } })
    const { size, text } = await this.#loadedKeeper().current()
    await exportTiles({ log: this, size, checkpoint: text, ...checked })
    return { size }
  }

  /**
   * Leaves that fit a filter, in their order; the return value says which leaves were looked through.
   * @throws AUDIT_INDEX_UNKNOWN, AUDIT_DIVERGED, AUDIT_PRUNED when leaves are pruned meanwhile
   */
  query(filter: AuditFilter = {}): AsyncGenerator<AuditEntry, AuditAnswer> {
    const asked = door.checkedFilter(filter)
    return queryLeaves(this, asked, async () => {
      const { end } = await this.#writtenBundles()
      return this.#index?.candidates(asked, end)
    })
  }

  /** Compares index and leaves: a missing row hides some from queries. @returns the first fault @throws AUDIT_DIVERGED */
  async indexFault(): Promise<IndexFault | undefined> {
    return await this.#index?.fault(await this.#writtenBundles())
  }

  /** Writes the query index anew, from the leaves. @returns bundles in it @throws AUDIT_DIVERGED, RECORD_TAMPERED, IO_FAILED */
  async reindex(): Promise<number> {
    if (this.divergence !== undefined) throw this.divergence
    return (await this.#index?.rebuild(await this.#writtenBundles())) ?? 0
  }

  /** Leaves below were pruned; their hashes, and so receipts, are still there. */
  get minimumIndex(): number {
    return this.#loadedReader().minimumIndex
  }

  /**
   * Removes leaves and keeps their hashes, so that earlier receipts and later proofs verify.
   * What recovery may still write again stays.
   * @param o.minIndex rounded down to a multiple of 256, and to the older settled state
   * @returns the new minimum index
   */
  async prune(o: { readonly minIndex: number }): Promise<number> {
    const reader = this.#loadedReader()
    const wanted = Math.min(door.checkedMinIndex(o), this.#settledSizes[0] ?? 0, this.lastCheckpointSize)
    const to = Math.floor(wanted / TILE_WIDTH) * TILE_WIDTH
    const from = reader.minimumIndex
    if (to <= from || this.#store === undefined) return from
    await this.#record({ action: 'audit.pruned', facts: { from, to } })
    reader.minimumIndex = to
    await removeBundles({ store: this.#store, from, to, index: this.#index })
    return to
  }

  /** Leaves that the newest note of this origin covers. */
  get lastCheckpointSize(): number {
    return this.#loadedKeeper().last?.size ?? 0
  }

  /**
   * Has a new key sign beside the ones before. A leaf names it and the one it replaces, and lies under a checkpoint of the
   * old keys alone before the new one signs anything: who trusts the old one learns of the new one from it.
   * @throws AUDIT_SIGNER_MISSING where keys are not kept, CRYPTO_KEY_EXHAUSTED, AUDIT_DIVERGED, AUDIT_ROLLBACK, IO_FAILED
   */
  async rotateKey(): Promise<VerifierKey> {
    this.#loadedKeeper()
    return await this.#rotator.rotate()
  }

  /** From now on these keys sign, and no others; the newest first. */
  useSigners(signers: readonly Signer[]): void {
    this.#signer.use(signers)
  }

  #checkRange(range: { readonly index: number; readonly size: number }): void {
    door.checkLeafRange({ ...range, logSize: this.size })
  }

  /** The bundles that are full and can be found in rows; those of what is observed meanwhile may not be written. */
  async #writtenBundles(): Promise<WrittenBundles> {
    const end = Math.floor(this.size / TILE_WIDTH)
    await this.#store?.caughtUp()
    const reader = this.#loadedReader()
    return { begin: reader.minimumIndex / TILE_WIDTH, end, entries: (at) => reader.entries(at, TILE_WIDTH) }
  }

  #loadedReader(): LogReader {
    return door.openPart(this.#reader, { closed: this.#closed })
  }

  #loadedKeeper(): CheckpointKeeper {
    return door.openPart(this.#keeper, { closed: this.#closed })
  }
}

/** A row that does not open, or is malformed, is as good as none. */
async function orUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (isForgeError(error, 'RECORD_TAMPERED', 'DATABASE_DAMAGED')) return undefined
    throw error
  }
}
