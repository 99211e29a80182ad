import type { Anchor } from '@forgeone/audit'
import { canonicalJson, copyPlain, isForgeError, readArgument, type MetricReading } from '@forgeone/common'
import {
  verifyStore,
  type HealthReport,
  type ImageResult,
  type LocalStore,
  type RecoveryOutcome,
  type RulesOf,
  type Store,
  type VerifyOptions,
} from '@forgeone/engine'
import type { HandshakeRefusal } from '@forgeone/ipc'
import { forgeAs, type ActAsOptions, type ForgeHandle } from './forge-as.ts'
import { checkPrincipalName } from '../access/grant.ts'
import type { AnchorPublication } from '../audit/anchor-keeper.ts'
import { wholeAnchorPlan } from '../audit/anchor-plan.ts'
import { takeCheckpoint } from '../checkpoint/checkpoint.ts'
import { CheckpointRegister, type CheckpointInfo } from '../checkpoint/checkpoint-register.ts'
import { facilitiesOf, plansOf, type ForgeFaces } from '../facilities.ts'
import {
  connectForge,
  IPC_KEY_NAME,
  ownForge,
  type ConnectedForge,
  type ConnectOptions,
} from './connect-forge.ts'
import { joinForge } from './join-forge.ts'
import { ForgeServer, type ForgeConnection } from './share-forge.ts'
import type { ForgeStatistics } from '../statistics/forge-statistics.ts'
import { ownsRow, rowChecksOf } from '../layout/store-plan.ts'
import type { MetricsSample } from '../statistics/metrics-history.ts'
import { runTransaction } from '../transaction/run-transaction.ts'
import type { Transaction, TransactionResult } from '../transaction/transaction.ts'
import { DamagedRows, type DamagedRow } from './damaged-rows.ts'
import type { ForgeOptions } from './forge-options.ts'
import { openForgeParts, viewIsStale, type FacilityList, type ForgeParts } from './forge-parts.ts'
import { FORGE_RULES } from './forge-plan.ts'
import { checkedVerify } from '../arguments/long-work.ts'
import { closeFacilities } from './open-facilities.ts'
import { recordVerification, verifyForge, type ForgeVerifyReport } from './verify-forge.ts'

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the constructor makes a property of each face
export interface Forge extends ForgeFaces {}

/**
 * One directory that holds an application's logs, events and settings: encrypted, durable when acknowledged.
 *
 * @example
 * await using forge = await Forge.open({ path: './data', secret: process.env.FORGE_SECRET })
 * await forge.logs.append({ topic: 'app.web', message: 'started' })
 */
export class Forge implements AsyncDisposable {
  readonly #parts: ForgeParts
  readonly #store: LocalStore
  readonly #damagedRows: DamagedRows
  readonly #checkpoints: CheckpointRegister
  readonly #jointly: Store['jointly'] = (calls) => this.#store.jointly(calls)
  readonly #openedAtSequence: number
  #server: ForgeServer | undefined
  #closing: Promise<void> | undefined

  private constructor(parts: ForgeParts) {
    const { store, plans, layout, opened } = parts
    this.#parts = parts
    this.#store = store
    for (const [name, facility] of opened)
      Object.defineProperty(this, name, { enumerable: true, get: () => facility.face })
    this.#checkpoints = new CheckpointRegister(store)
    this.#openedAtSequence = store.sequence
    this.#damagedRows = new DamagedRows({
      store,
      checks: rowChecksOf(plans, layout),
      onRemoved: (row) => {
        for (const plan of plans) if (ownsRow(plan, { layout, ...row })) opened.get(plan.name)?.forget?.(row)
      },
    })
  }

  /**
   * Opens the store in a directory, creating it where the directory is missing or empty.
   * @throws STORE_OPTION_INVALID, STORE_OPTION_MISMATCH, KEY_SECRET_MISSING, KEY_SECRET_WEAK, KEY_SECRET_WRONG,
   *   STORE_LOCKED, STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_EXISTS, STORE_VERSION, STORE_DAMAGED, JOURNAL_DAMAGED,
   *   JOURNAL_TAIL_LOST, CRYPTO_SUITE_REFUSED, KEYRING_DAMAGED, KEYRING_MISSING, STORE_UNWRITABLE, UNSAFE_FILESYSTEM
   */
  static async open(options: ForgeOptions): Promise<Forge> {
    return await Forge.#opened(await openForgeParts(options))
  }

  /**
   * Uses a store that another process has open: with the secret as its owner, or with a token as its principal. What is written is as
   * durable when acknowledged; methods that answer at once there are promises here.
   * @throws STORE_NOT_FOUND, STORE_NOT_SHARED when no process shares it, KEY_SECRET_WRONG, KEY_SECRET_MISSING, ACCESS_TOKEN_INVALID,
   *   ACCESS_TOKEN_EXPIRED, IPC_VERSION, IPC_LIMIT, STORE_UNWRITABLE, STORE_HOST_LOST
   */
  static async connect(options: ConnectOptions): Promise<ConnectedForge> {
    return await connectForge(options, { methods: FORGE_RULES, plans: plansOf(facilitiesOf({})) })
  }

  /**
   * Opens a store, or uses it through the process that has it open, whichever can be: the same handle either way. When that process
   * ends, `closed` settles and calls fail with STORE_HOST_LOST or STORE_CLOSED: join again.
   * @throws what `open` and `connect` throw; STORE_LOCKED when it is open for 30 s in a process that does not share it
   */
  static async join(options: ForgeOptions): Promise<ConnectedForge> {
    const { path, secret, keyProvider, timer, random } = options
    return await joinForge({
      open: async () => ownForge(await Forge.open({ share: 'local', ...options })),
      connect: async () => await Forge.connect({ path, secret, keyProvider, timer, random }),
      timer,
      random,
    })
  }

  /** @internal With these facilities instead of those of the list. */
  static async openWith(options: ForgeOptions, facilities: FacilityList): Promise<Forge> {
    return await Forge.#opened(await openForgeParts(options, facilities))
  }

  static async #opened(parts: ForgeParts): Promise<Forge> {
    const forge = new Forge(parts)
    if (parts.isShared) await forge.#share()
    return forge
  }

  /** What opening found: a clean close, or how much of the journal was replayed. */
  get recovery(): RecoveryOutcome {
    return copyPlain(this.#store.recovery)
  }

  /** The last commit that reads can see. */
  get sequence(): number {
    return this.#store.sequence
  }

  health(): HealthReport {
    return this.#store.health()
  }

  metrics(): ReadonlyMap<string, MetricReading> {
    return this.#parts.metrics.read()
  }

  async metricsHistory(): Promise<readonly MetricsSample[]> {
    return await this.#parts.metricsHistory.list()
  }

  /** What a principal has of the store: every method is asked about before it runs. @throws ACCESS_GRANT_INVALID for a bad name */
  as(principal: string): ForgeHandle {
    checkPrincipalName(principal)
    return this.#as({ principal, assertLive: () => undefined })
  }

  /** The same for whom a token stands, as long as it does. @throws ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED */
  authenticate(token: string): ForgeHandle {
    const { access } = this
    const principal = access.authenticate(token)
    const assertLive = (): void => void access.authenticate(token)
    return this.#as({ principal, assertLive })
  }

  /**
   * Writes entries, events, settings, flags and secrets, and acks events, together: all of it is durable when this settles, and after a
   * crash at any point there is all of it or nothing. Each call is a commit and a leaf of its own; they share one frame of the
   * journal. When one of them is refused, none is written.
   * @param callback says what is to be written; it may wait, such as for what it reads, and what it throws ends the transaction
   * @throws TRANSACTION_INVALID, COMMIT_INVALID above 16 MiB, and what the methods throw that it uses
   * @example
   * await forge.transaction((tx) => {
   *   tx.events.append({ topic: 'orders.paid', payload: { id: 17 } })
   *   tx.settings.set('orders.last-paid', 17)
   *   tx.ack(delivery)
   * })
   */
  async transaction(
    callback: (transaction: Transaction) => void | Promise<void>,
  ): Promise<TransactionResult> {
    return await runTransaction({ jointly: this.#jointly, faces: this }, callback)
  }

  stats(): ForgeStatistics {
    const topics = [...this.#parts.opened].flatMap(([stream, facility]) =>
      (facility.statistics?.() ?? []).map(({ name, ...figures }) => ({ stream, topic: name, ...figures })),
    )
    return {
      bytesOnDisk: this.#store.bytesOnDisk(),
      commits: this.#store.sequence + 1,
      entries: topics.reduce((sum, topic) => sum + topic.count, 0),
      rawBytes: topics.reduce((sum, topic) => sum + topic.rawBytes, 0),
      topics,
      background: this.background.list(),
      shardCount: this.#parts.layout.shardCount,
      encryption: this.#store.suite,
      state: this.health().state,
    }
  }

  /** Checks everything stored, beside reads and writes, and changes nothing of it; the outcome is a leaf of the log. */
  async verify(options: VerifyOptions = {}): Promise<ForgeVerifyReport> {
    const asked = checkedVerify(options)
    if ((await this.#parts.view?.isStale()) === true) throw viewIsStale()
    const report = await verifyForge({
      engine: () => verifyStore(this.#store, asked),
      facilities: this.#parts.opened,
      audit: this.#parts.auditSource.log,
      shredKeys: this.#parts.toldShredKeys,
      rows: this.#damagedRows,
    })
    // A store that cannot be written can be verified all the same.
    await recordVerification(this.#store, report).catch(() => undefined)
    return report
  }

  /** Rows that were set aside because they do not parse. The others serve; but while one is of a right, principals may nothing. */
  async damagedRows(): Promise<readonly DamagedRow[]> {
    return await this.#damagedRows.list()
  }

  /** Removes such a row for good. @returns false when no damaged row has this id @throws DATABASE_OFFLINE */
  async removeDamagedRow(id: string): Promise<boolean> {
    return await this.#damagedRows.remove(id)
  }

  /**
   * An image of the store as it is behind one commit, beside full load, by hard links on its own file system; the directory must not exist. It opens as
   * a store does that is only read, with `keyring` and `keys` copied into it, which are no part of it. No key that it needs is
   * destroyed until `forgetCheckpoint`.
   * @throws STORE_OPTION_INVALID, CHECKPOINT_FAILED
   */
  async checkpoint(directory: string): Promise<ImageResult> {
    return await takeCheckpoint(directory, {
      store: this.#store,
      register: this.#checkpoints,
      random: this.#parts.random,
    })
  }

  /** Images that were taken and not forgotten, the oldest first. */
  async checkpoints(): Promise<readonly CheckpointInfo[]> {
    return await this.#checkpoints.list()
  }

  /** The image is gone, or its keys may go. @returns false for an id that is not known */
  async forgetCheckpoint(id: string): Promise<boolean> {
    return await this.#checkpoints.forget(id)
  }

  /**
   * Takes a checkpoint to an anchor now. One that had checkpoints and has none any more is refused, unless it is meant: `renew`.
   * @throws DATABASE_OFFLINE, AUDIT_ANCHOR_FAILED, AUDIT_ANCHOR_EMPTY, AUDIT_ROLLBACK, AUDIT_FORK
   */
  async publishTo(
    anchor: Anchor,
    options: { readonly renew?: boolean | undefined } = {},
  ): Promise<AnchorPublication> {
    const plan = readArgument('STORE_OPTION_INVALID', () => wholeAnchorPlan({ ...options, anchor }))
    return await this.#parts.anchors.publishTo(plan.anchor, this.audit, { renew: plan.renew })
  }

  /** Moves everything out of the journal into synced tables, and lets old segments go. */
  async flush(): Promise<void> {
    await this.#store.flush()
  }

  /** Processes that use the store beside this one. */
  connections(): readonly ForgeConnection[] {
    return this.#server?.connections() ?? []
  }

  /** Waits for writes under way and closes; calling it again waits for the same. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const { opened, anchors, view, metricsHistory } = this.#parts
    // Others are told first: what they have under way ends while everything is still there.
    await this.#server?.close()
    const failures = [...(await closeFacilities(opened))]
    const steps: readonly (() => unknown)[] = [
      // A sample that cannot be written is not worth an error.
      () =>
        this.#store.sequence === this.#openedAtSequence
          ? undefined
          : metricsHistory.record().catch(() => undefined),
      () => anchors.close(),
      () => this.#store.close(),
      () => view?.remove(),
    ]
    // One that fails keeps none of the others from it; the first failure is told.
    for (const step of steps) {
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  /** A store that cannot be shared serves its own process all the same. */
  async #share(): Promise<void> {
    const { plans, clock, timer, random, directory } = this.#parts
    try {
      this.#server = await ForgeServer.open({
        path: directory,
        storeId: this.#store.id,
        ipcKey: this.#store.subkey(IPC_KEY_NAME),
        methods: FORGE_RULES,
        plans,
        owner: this,
        authenticate: (token) => ({
          principal: this.access.authenticate(token),
          handle: this.authenticate(token),
        }),
        onRefused: (refusal) => this.#noteRefused(refusal),
        clock,
        timer,
        random,
      })
    } catch (error) {
      if (!isForgeError(error)) throw error
      this.#store.reportProblem(error, 'sharing')
    }
  }

  /** Five a second are looked at, so that these are no more. */
  #noteRefused({ via, code }: HandshakeRefusal): void {
    this.#parts.metrics.add('connections_refused_total')
    const context = canonicalJson({ code, via }, { code: 'COMMIT_INVALID', what: 'the refusal' })
    const facts = { action: 'store.connection-refused', actor: 'app', resourceClass: 'store', context }
    // Whoever was refused gets no answer of this.
    this.#store.commit(() => ({ facts, operations: [] })).catch(() => undefined)
  }

  #as(o: Pick<ActAsOptions, 'principal' | 'assertLive'>): ForgeHandle {
    const { plans, opened } = this.#parts
    // A method of this class without a rule does not compile.
    const methods: RulesOf<Forge> = FORGE_RULES
    return forgeAs(this, { ...o, access: this.access, methods, plans, opened, jointly: this.#jointly })
  }
}
