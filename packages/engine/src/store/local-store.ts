import { ForgeError, Turns, type Metrics } from '@forgeone/common'
import type { ShredKeys, SuiteName } from '@forgeone/crypto'
import { Applier } from '../commit/applier.ts'
import { Committer } from '../commit/committer.ts'
import { FlushController } from '../commit/flush-controller.ts'
import { JointCommits } from '../commit/joint-commit.ts'
import type { Database } from '../database/database.ts'
import { openShredKeys, type OpenedShredKeys } from '../database/shred-database.ts'
import type { HealthReport } from '../health/health.ts'
import { SpaceGuard } from '../health/space-guard.ts'
import type { JournalHold, JournalPosition } from '../journal/journal-writer.ts'
import { openParts } from '../recovery/open-local-store.ts'
import { writeStoreFile } from '../recovery/store-file-mac.ts'
import { KeyRotation } from '../rotation/key-rotation.ts'
import { DESCRIBE_AFTER_MS, StateDescriber } from '../state/state-describer.ts'
import { StateRoots } from '../state/state-roots.ts'
import { storeClosed } from '../health/store-closed.ts'
import { closeCleanly } from './close-cleanly.ts'
import { closeAll } from './close-in-time.ts'
import { hashName, subkeyOf } from './hash-name.ts'
import type { LocalStoreOptions } from '../parts/local-store-options.ts'
import type { LocalStoreParts, RecoveryOutcome } from '../parts/local-store-parts.ts'
import type { ManagedStore } from './managed-store.ts'
import type {
  CommitOptions,
  CommitPlace,
  HashedName,
  KeyRange,
  Operation,
  Row,
  ScanOptions,
  Store,
  SubkeyName,
  SynchronousReads,
} from '../port/store.ts'

/**
 * A store on this machine: one journal that is the truth, and LevelDB databases built from it.
 * Guarantees as in `Store`; see `docs/format.md` for the files.
 */
export class LocalStore implements ManagedStore, SynchronousReads {
  readonly synchronousReads: SynchronousReads = this
  readonly #parts: LocalStoreParts
  readonly #applier: Applier
  readonly #committer: Committer
  readonly #flusher: FlushController
  readonly #keys: KeyRotation
  readonly #stateRoots: StateRoots
  readonly #describer: StateDescriber
  /** Flush points that are asked for, exclusive actions and the closing, which is the last of them. */
  readonly #turns = new Turns()
  readonly #joint: JointCommits
  #shredKeys: Promise<OpenedShredKeys> | undefined
  #closing: Promise<void> | undefined

  // oxlint-disable-next-line max-lines-per-function -- it puts the parts together, and does nothing else
  private constructor(parts: LocalStoreParts) {
    this.#parts = parts
    const { journal, health, online, clock, options, metrics } = parts
    const poison = (cause: unknown): void => void health.poison(cause)
    const startSequence = journal.nextSequence - 1
    const makeDurable = (): Promise<void> => this.#committer.makeDurable()
    this.#stateRoots = new StateRoots({
      scopes: options.stateScopes ?? [],
      databases: online,
      found: parts.foundState,
      // A bare store has no descriptions.
      observer: async () =>
        options.stateScopes === undefined ? undefined : await parts.observation?.state(),
    })
    this.#describer = new StateDescriber({
      roots: this.#stateRoots,
      journal,
      health,
      committer: () => this.#committer,
      afterMs: options.describeAfterMs ?? DESCRIBE_AFTER_MS,
    })
    this.#applier = new Applier({
      databases: online,
      note: (operations) => this.#describer.note(operations),
      appliedSequence: startSequence,
      observation: parts.observation,
      makeDurable,
      onFailure: poison,
    })
    const space = new SpaceGuard({
      path: options.path,
      maxBytes: options.maxBytes,
      databaseCount: online.size,
      measureBytes: () => this.bytesOnDisk(),
      clock,
      health,
      unflushedBytes: () => this.#flusher.unflushedBytes,
      onShort: () => this.#flusher.takeSoon(),
    })
    this.#flusher = new FlushController({
      ...parts,
      databases: online,
      keepJournal: parts.offline.size > 0,
      everyBytes: options.flushPointBytes,
      idleMs: options.idleFlushMs,
      prepare: () => this.#describer.describeFlush(),
      applied: (sequence) => this.#applier.applied(sequence),
      settleObserver: () => this.#applier.settleObserver(),
      lastTime: () => this.#committer.lastTime,
      onFailure: poison,
    })
    this.#committer = new Committer({
      ...parts,
      databases: online,
      observedInto: options.observer?.database,
      refusal: (name) => parts.offline.get(name),
      applier: this.#applier,
      space,
      durability: options.durability ?? 'sync',
      checkFacts: options.checkFacts,
      assertOwned: () => parts.lock?.assertOwned(),
      onFrame: (bytes) => this.#flusher.onFrame(bytes),
    })
    this.#joint = new JointCommits(this.#committer)
    this.#keys = new KeyRotation({
      parts,
      committer: this.#committer,
      applier: this.#applier,
      flush: () => this.flush(),
      copies: options.copies?.(this),
    })
    metrics.gauge('unapplied_bytes', () => this.#applier.queuedBytes)
    metrics.gauge('sequence', () => this.sequence)
    parts.observation?.connect(() => this.#caughtUp())
    health.opened()
  }

  /**
   * Opens a store, or creates one where the directory is missing or empty.
   * @throws STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_EXISTS, STORE_LOCKED, STORE_VERSION, STORE_DAMAGED,
   *   STORE_UNWRITABLE, UNSAFE_FILESYSTEM, KEY_SECRET_WRONG, KEYRING_DAMAGED, JOURNAL_DAMAGED, JOURNAL_TAIL_LOST
   */
  static async open(options: LocalStoreOptions): Promise<LocalStore> {
    const store = new LocalStore(await openParts(options))
    const { recovery } = store.#parts
    // What was replayed lies in LevelDB's memory; make it durable, so that the next crash does not replay it again.
    // Nothing is committed yet: whether the store may be written at all is for its owner to find out.
    if (recovery.commitsReplayed === 0 && !recovery.flushPointLost) return store
    try {
      await store.#flush(async () => {
        await store.#committer.exclusively(() => store.#parts.journal.endSegment())
        return undefined
      })
      // What the journal said of rows went with its segments.
      store.#describer.schedule()
      return store
    } catch (error) {
      await store.close().catch(() => undefined)
      throw error
    }
  }

  get id(): Uint8Array {
    return this.#parts.file.storeId
  }

  get databases(): readonly string[] {
    return this.#parts.file.databases
  }

  get sequence(): number {
    return this.#committer.sequence
  }

  get recovery(): RecoveryOutcome {
    return this.#parts.recovery
  }

  get metrics(): Metrics {
    return this.#parts.metrics
  }

  get keys(): KeyRotation {
    return this.#keys
  }

  async shredKeys(): Promise<ShredKeys> {
    if (this.#closing !== undefined) throw storeClosed()
    this.#shredKeys ??= openShredKeys(this.#parts)
    try {
      return (await this.#shredKeys).keys
    } catch (error) {
      this.#shredKeys = undefined
      throw error
    }
  }

  get generation(): string {
    return this.#parts.file.generation
  }

  get path(): string | undefined {
    return this.#parts.options.path
  }

  get suite(): SuiteName {
    return this.#parts.file.suite
  }

  isOnline(database: string): boolean {
    return this.#parts.online.has(database)
  }

  /** @internal The parts, for checkpoint, verify and other engine code beside this class. */
  get parts(): LocalStoreParts {
    return this.#parts
  }

  health(): HealthReport {
    return this.#parts.health.report()
  }

  assertWritable(database: string): void {
    const { health, lock, offline } = this.#parts
    health.assertWritable()
    lock?.assertOwned()
    const reason = offline.get(database)
    if (reason !== undefined) throw reason
  }

  refuseWrites(error: ForgeError | undefined): void {
    this.#parts.health.refuseWrites(error, 'store')
  }

  reportProblem(problem: ForgeError | undefined, where: string): void {
    const { health } = this.#parts
    if (problem === undefined) health.withdraw(where)
    else health.note(problem, where)
  }

  async beginGeneration(generation: string): Promise<void> {
    await writeStoreFile(this.#parts, { ...this.#parts.file, generation })
  }

  get offlineDatabases(): readonly string[] {
    return [...this.#parts.offline.keys()]
  }

  bytesOnDisk(): number {
    const { files, backend, file } = this.#parts
    return file.databases.reduce((sum, name) => sum + backend.bytes(name), files.bytes())
  }

  commit(build: Parameters<Store['commit']>[0], options: CommitOptions = {}): Promise<CommitPlace> {
    if (this.#closing !== undefined) return Promise.reject(storeClosed())
    return this.#committer.submit(build, options)
  }

  jointly(calls: Parameters<Store['jointly']>[0]): ReturnType<Store['jointly']> {
    return this.#joint.run(calls)
  }

  checkOperations(operations: readonly Operation[]): number {
    return this.#committer.check(operations)
  }

  getSync(name: string, key: Uint8Array): Uint8Array | undefined {
    return this.#find(name).getSync(key)
  }

  async get(name: string, key: Uint8Array): Promise<Uint8Array | undefined> {
    return await this.#find(name).get(key)
  }

  async getMany(name: string, keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return await this.#find(name).getMany(keys)
  }

  async *scan(name: string, range: KeyRange, options: ScanOptions = {}): AsyncGenerator<readonly Row[]> {
    const database = this.#find(name)
    await this.#caughtUp()
    yield* database.pages(range, options)
  }

  async reclaim(name: string, range: { readonly from: Uint8Array; readonly to: Uint8Array }): Promise<void> {
    const { level } = this.#find(name)
    await this.#caughtUp()
    await this.#parts.backend.reclaim(level, range)
  }

  keyedHash(named: HashedName): Uint8Array {
    this.#parts.health.assertReadable()
    return hashName(this.#parts.keyring, named)
  }

  subkey(named: SubkeyName): Uint8Array {
    this.#parts.health.assertReadable()
    return subkeyOf(this.#parts.keyring, named)
  }

  async flush(): Promise<void> {
    if (this.#closing !== undefined) throw storeClosed()
    this.#parts.health.assertSound()
    await this.#turns.run(() => this.#flush(() => this.#describer.describeFlush()))
  }

  /** Runs `action` while nothing is written and all databases show the same, last commit. Actions and flush points take turns. */
  exclusively<T>(action: (place: { readonly sequence: number }) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(storeClosed())
    // Commits wait while the action runs, and not while a flush point does.
    const alone = (): Promise<T> => this.#committer.exclusively(() => action({ sequence: this.sequence }))
    return this.#turns.run(() => this.#flusher.alone(alone))
  }

  get lastTime(): number {
    return this.#committer.lastTime
  }

  /** Commits behind this one stay in the journal, whatever flush points and the closing let go. */
  holdJournal(sequence: number): JournalHold {
    return this.#parts.journal.hold(sequence)
  }

  /**
   * The end of what is durable: relaxed commits are made durable first.
   * @throws STORE_FAILED
   */
  async journalEnd(): Promise<JournalPosition> {
    if (this.#closing !== undefined) throw storeClosed()
    return await this.#committer.durableEnd()
  }

  close(): Promise<void> {
    this.#joint.close(storeClosed())
    return (this.#closing ??= this.#turns.run(() => this.#close()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** @throws what `prepare` gives: there is no room for a flush point, and nothing is lost */
  async #flush(prepare: () => Promise<ForgeError | undefined>): Promise<void> {
    let refusal: ForgeError | undefined
    try {
      refusal = await prepare()
      if (refusal === undefined) await this.#flusher.take()
    } catch (cause) {
      throw this.#parts.health.poison(cause)
    }
    if (refusal !== undefined) throw refusal
  }

  async #close(): Promise<void> {
    const { health, journal, keyring, lock, online } = this.#parts
    try {
      await this.#keys.close()
      await this.#flusher.stop()
      await this.#describer.stop()
      await this.#committer.close()
      if (!health.poisoned && this.#parts.offline.size === 0)
        await closeCleanly({
          parts: this.#parts,
          applier: this.#applier,
          committer: this.#committer,
          flusher: this.#flusher,
          stateRoots: this.#stateRoots,
        })
    } catch (cause) {
      throw health.poison(cause)
    } finally {
      // Whatever happened, nothing stays open; what is closed already ignores it.
      await closeAll({ journal, databases: [...online.values()], shredKeys: this.#shredKeys })
      health.closed()
      await keyring.flush().catch(() => undefined)
      keyring.lock()
      lock?.release()
    }
  }

  /**
   * Scans read LevelDB alone, so it must hold every settled commit first.
   * @throws STORE_FAILED when a batch failed and it never will
   */
  async #caughtUp(): Promise<void> {
    try {
      await this.#applier.applied(this.sequence)
    } catch (cause) {
      throw this.#parts.health.poison(cause)
    }
  }

  #find(name: string): Database {
    this.#parts.health.assertReadable()
    const database = this.#parts.online.get(name)
    if (database !== undefined) return database
    const unknown = new ForgeError('COMMIT_INVALID', `the store has no database ${name}`)
    throw this.#parts.offline.get(name) ?? unknown
  }
}
