import type { AuditLog } from '@forgeone/audit'
import { ForgeError, Metrics, systemClock, systemRandom, type MetricReading } from '@forgeone/common'
import {
  LocalStore,
  readStoreFile,
  takeCheckpoint,
  verifyStore,
  type CheckpointResult,
  type HealthReport,
  type RecoveryOutcome,
  type VerifyOptions,
} from '@forgeone/engine'
import {
  BLOCK_CACHE_BYTES_DEFAULT,
  BlockCache,
  openEvents,
  openLogs,
  type EventStream,
  type LogStream,
  type TopicMetadata,
} from '@forgeone/streams'
import { AccessControl } from '../access/access-control.ts'
import { forgeAs, type ForgeHandle } from '../access/forge-as.ts'
import { checkPrincipalName } from '../access/grant.ts'
import { AuditSource } from '../audit/audit-source.ts'
import { ForgeKeys } from '../keys/forge-keys.ts'
import { Vault } from '@forgeone/vault'
import { Compliance } from '../compliance/compliance.ts'
import { Subjects } from '../subjects/subjects.ts'
import { FeatureFlags } from '../settings/feature-flags.ts'
import { Settings } from '../settings/settings.ts'
import type { ForgeStatistics, TopicStatistics } from '../statistics/forge-statistics.ts'
import { MetricsHistory, type MetricsSample } from '../statistics/metrics-history.ts'
import { checkForgeOptions, type ForgeOptions } from './forge-options.ts'
import { keyProviderOf } from './key-provider-of.ts'
import { shardLayout, SYSTEM_DATABASE, VAULT_DATABASE } from './shard-layout.ts'
import { verifyForge, type ForgeVerifyReport } from './verify-forge.ts'

/** Metrics are sampled into the store this often while it is open. */
const METRICS_SAMPLE_MS = 3_600_000

const SETTINGS_KEYSPACE = 0x10
const FLAGS_KEYSPACE = 0x11
const MIB = 1024 * 1024
const GIB = 1024 * MIB

interface ForgeParts {
  readonly store: LocalStore
  readonly logs: LogStream
  readonly events: EventStream
  readonly keys: ForgeKeys
  readonly vault: Vault
  readonly access: AccessControl
  readonly subjects: Subjects
  readonly auditSource: AuditSource
  readonly metrics: Metrics
  readonly shardCount: number
}

/**
 * One directory that holds an application's logs, events and settings: encrypted, durable when acknowledged.
 *
 * @example
 * await using forge = await Forge.open({ path: './data', secret: process.env.FORGE_SECRET })
 * await forge.logs.append({ topic: 'app.web', message: 'started' })
 */
export class Forge implements AsyncDisposable {
  readonly logs: LogStream
  readonly events: EventStream
  readonly settings: Settings
  readonly flags: FeatureFlags
  readonly keys: ForgeKeys
  readonly vault: Vault
  readonly access: AccessControl
  readonly subjects: Subjects
  readonly compliance: Compliance
  readonly #auditSource: AuditSource
  readonly #store: LocalStore
  readonly #metrics: Metrics
  readonly #history: MetricsHistory
  readonly #shardCount: number
  readonly #sampleTimer: NodeJS.Timeout
  readonly #openedAtSequence: number
  #closing: Promise<void> | undefined

  private constructor(parts: ForgeParts) {
    const { store, metrics } = parts
    this.#store = store
    this.logs = parts.logs
    this.events = parts.events
    this.keys = parts.keys
    this.vault = parts.vault
    this.access = parts.access
    this.subjects = parts.subjects
    this.compliance = new Compliance({
      store,
      audit: () => this.audit,
      signers: () => parts.auditSource.signers,
    })
    this.#auditSource = parts.auditSource
    parts.auditSource.log?.start()
    this.#metrics = metrics
    this.#shardCount = parts.shardCount
    this.#openedAtSequence = store.sequence
    const database = SYSTEM_DATABASE
    this.settings = new Settings({ store, database, keyspace: SETTINGS_KEYSPACE, facility: 'settings' })
    this.flags = new FeatureFlags(
      new Settings({ store, database, keyspace: FLAGS_KEYSPACE, facility: 'flags' }),
    )
    this.#history = new MetricsHistory({ store, database, metrics })
    this.#sampleTimer = setInterval(() => void this.#sample(), METRICS_SAMPLE_MS)
    this.#sampleTimer.unref()
  }

  /**
   * Opens the store in a directory, creating it where the directory is missing or empty.
   * @throws STORE_OPTION_INVALID, STORE_OPTION_MISMATCH, KEY_SECRET_MISSING, KEY_SECRET_WEAK, KEY_SECRET_WRONG,
   *   STORE_LOCKED, STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_EXISTS, STORE_VERSION, STORE_DAMAGED, JOURNAL_DAMAGED,
   *   JOURNAL_TAIL_LOST, KEYRING_DAMAGED, KEYRING_MISSING, STORE_UNWRITABLE, UNSAFE_FILESYSTEM
   */
  static async open(options: ForgeOptions): Promise<Forge> {
    checkForgeOptions(options)
    const existing = await readStoreFile(options.path)
    const { shardCount, databases } = shardLayout(options, existing)
    const suite = existing?.suite ?? options.encryption ?? 'aes-256-gcm'
    const metrics = new Metrics()
    const { path, create, durability, allowUnsafeFilesystem, logger, clock, random } = options
    const auditSource = new AuditSource({ clock: clock ?? systemClock, logger })
    const store = await LocalStore.open({
      path,
      databases,
      observer: auditSource,
      provider: keyProviderOf(options, suite),
      suite,
      create,
      durability,
      maxBytes: options.maxSizeGb === undefined ? undefined : Math.floor(options.maxSizeGb * GIB),
      allowUnsafeFilesystem,
      logger,
      clock,
      random,
      metrics,
    })
    try {
      const keys = await ForgeKeys.open(store)
      const database = SYSTEM_DATABASE
      const access = await AccessControl.open({
        store,
        database,
        clock: clock ?? systemClock,
        random: random ?? systemRandom,
      })
      const vault = Vault.over({
        store,
        database: VAULT_DATABASE,
        shredKeys: () => store.shredKeys(),
        verifySecret: (provider) => store.keys.keyring.accepts(provider),
        clock: clock ?? systemClock,
        random: random ?? systemRandom,
        autoLockMs: options.vaultAutoLockMs,
      })
      const subjects = new Subjects({
        store,
        database,
        shredKeys: () => store.shredKeys(),
        signers: () => auditSource.signers,
        clock: clock ?? systemClock,
        random: random ?? systemRandom,
      })
      const cache = new BlockCache(
        options.cacheMb === undefined ? BLOCK_CACHE_BYTES_DEFAULT : options.cacheMb * MIB,
      )
      const { compaction } = options
      const streamOptions = { shardCount, clock, metrics, cache, compaction }
      const [logs, events] = await Promise.all([
        openLogs(store, streamOptions),
        openEvents(store, streamOptions),
      ])
      return new Forge({
        store,
        logs,
        events,
        keys,
        vault,
        access,
        subjects,
        auditSource,
        metrics,
        shardCount,
      })
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /** What opening found: a clean close, or how much of the journal was replayed. */
  get recovery(): RecoveryOutcome {
    return this.#store.recovery
  }

  /** The last commit that reads can see. */
  get sequence(): number {
    return this.#store.sequence
  }

  health(): HealthReport {
    return this.#store.health()
  }

  metrics(): ReadonlyMap<string, MetricReading> {
    return this.#metrics.read()
  }

  async metricsHistory(): Promise<readonly MetricsSample[]> {
    return await this.#history.list()
  }

  /** The Merkle log over all commits. @throws DATABASE_OFFLINE while its database is set aside */
  get audit(): AuditLog {
    const { log } = this.#auditSource
    if (log !== undefined) return log
    throw new ForgeError('DATABASE_OFFLINE', 'the audit database is offline')
  }

  /** What a principal has of the store: every method is asked about before it runs. @throws ACCESS_GRANT_INVALID for a bad name */
  as(principal: string): ForgeHandle {
    checkPrincipalName(principal)
    return forgeAs(this, { principal, access: this.access, assertLive: () => undefined })
  }

  /** The same for whom a token stands, as long as it does. @throws ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED */
  authenticate(token: string): ForgeHandle {
    const { access } = this
    const principal = access.authenticate(token)
    return forgeAs(this, { principal, access, assertLive: () => void access.authenticate(token) })
  }

  stats(): ForgeStatistics {
    const topics = [
      ...this.logs.topics().map((topic) => topicStatistics('logs', topic)),
      ...this.events.topics().map((topic) => topicStatistics('events', topic)),
    ]
    return {
      bytesOnDisk: this.#store.bytesOnDisk(),
      commits: this.#store.sequence + 1,
      entries: topics.reduce((sum, topic) => sum + topic.count, 0),
      rawBytes: topics.reduce((sum, topic) => sum + topic.rawBytes, 0),
      topics,
      shardCount: this.#shardCount,
      encryption: this.#store.parts.file.suite,
      state: this.health().state,
    }
  }

  /** Checks everything stored, beside reads and writes; changes nothing. */
  async verify(options: VerifyOptions = {}): Promise<ForgeVerifyReport> {
    return await verifyForge({
      engine: () => verifyStore(this.#store, options),
      logs: this.logs,
      events: this.events,
    })
  }

  /** An image of all databases at one commit, by hard links; the directory must not exist. @throws CHECKPOINT_FAILED */
  async checkpoint(directory: string): Promise<CheckpointResult> {
    return await takeCheckpoint(this.#store, directory)
  }

  /** Moves everything out of the journal into synced tables, and lets old segments go. */
  async flush(): Promise<void> {
    await this.#store.flush()
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
    clearInterval(this.#sampleTimer)
    try {
      this.vault.close()
      await this.access.close()
      await this.logs.close()
      await this.events.close()
      if (this.#store.sequence !== this.#openedAtSequence) await this.#sample()
    } finally {
      await this.#store.close()
    }
  }

  /** A sample that cannot be written is not worth an error: the cause stops real writes too, and shows there. */
  async #sample(): Promise<void> {
    await this.#history.record().catch(() => undefined)
  }
}

function topicStatistics(stream: 'logs' | 'events', topic: TopicMetadata): TopicStatistics {
  return {
    stream,
    topic: topic.name,
    count: topic.count,
    rawBytes: topic.rawBytes,
    storedBytes: topic.storedBytes,
    first: topic.firstTimestamp ?? null,
    last: topic.lastTimestamp ?? null,
  }
}
