import { join } from 'node:path'
import type { Anchor } from '@forgeone/audit'
import { Metrics, systemClock, systemRandom, type Clock } from '@forgeone/common'
import { LocalStore, readStoreFile, type Operation } from '@forgeone/engine'
import { ImageCatalogue } from '@forgeone/images'
import {
  BLOCK_CACHE_BYTES_DEFAULT,
  BlockCache,
  openEvents,
  openLogs,
  type EventStream,
  type LogStream,
} from '@forgeone/streams'
import { Vault } from '@forgeone/vault'
import { AccessControl } from '../access/access-control.ts'
import { AuditSource } from '../audit/audit-source.ts'
import { ForgeCache } from '../cache/forge-cache.ts'
import { ForgeKeys, revisionRow } from '../keys/forge-keys.ts'
import type { KeyPolicy } from '../keys/key-policy-options.ts'
import { Subjects } from '../subjects/subjects.ts'
import { checkForgeOptions, type ForgeOptions } from './forge-options.ts'
import { keyProviderOf } from './key-provider-of.ts'
import { CACHE_DIRECTORY, shardLayout, SYSTEM_DATABASE, VAULT_DATABASE } from './shard-layout.ts'

const MIB = 1024 * 1024
const GIB = 1024 * MIB

/** Everything a `Forge` is made of, opened. */
export interface ForgeParts {
  readonly store: LocalStore
  readonly logs: LogStream
  readonly events: EventStream
  readonly keys: ForgeKeys
  readonly keyPolicy: KeyPolicy
  readonly vault: Vault
  readonly access: AccessControl
  readonly subjects: Subjects
  readonly cache: ForgeCache
  readonly images: ImageCatalogue
  readonly auditSource: AuditSource
  readonly anchors: readonly Anchor[]
  readonly metrics: Metrics
  readonly clock: Clock
  readonly shardCount: number
}

/** Opens the store and what stands on it; whatever fails closes the store again. */
export async function openForgeParts(options: ForgeOptions): Promise<ForgeParts> {
  checkForgeOptions(options)
  const { logger, clock = systemClock, anchors = [] } = options
  const existing = await readStoreFile(options.path)
  const { shardCount, databases } = shardLayout(options, existing)
  const suite = existing?.suite ?? options.encryption ?? 'aes-256-gcm'
  const metrics = new Metrics()
  const auditSource = new AuditSource({
    clock,
    logger,
    alongsideKeyChange: (keyring) => [revisionRow(keyring)],
  })
  const { path, create, durability, allowedSuites, allowUnsafeFilesystem, random } = options
  const store = await LocalStore.open({
    path,
    databases,
    observer: auditSource,
    provider: keyProviderOf(options, suite),
    suite,
    allowedSuites,
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
    // First of all: nothing is written into a store that was rolled back.
    await auditSource.start(store, anchors)
    const cache = new ForgeCache({ store, directory: join(options.path, CACHE_DIRECTORY), clock })
    const keys = await ForgeKeys.open({ store, emptyCache: () => cache.empty() })
    const { keyPolicy = {} } = options
    const parts = { store, keys, keyPolicy, auditSource, anchors, metrics, clock, shardCount }
    return {
      ...parts,
      ...(await openFacilities(store, { options, auditSource, cache, metrics, shardCount })),
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

async function openFacilities(
  store: LocalStore,
  o: {
    readonly options: ForgeOptions
    readonly auditSource: AuditSource
    readonly cache: ForgeCache
    readonly metrics: Metrics
    readonly shardCount: number
  },
): Promise<Pick<ForgeParts, 'logs' | 'events' | 'vault' | 'access' | 'subjects' | 'cache' | 'images'>> {
  const { options, auditSource, cache, metrics, shardCount } = o
  const { clock = systemClock, random = systemRandom, compaction, cacheMb } = options
  const shared = { store, clock, random }
  const shredKeys = (): ReturnType<LocalStore['shredKeys']> => store.shredKeys()
  const blocks = new BlockCache(cacheMb === undefined ? BLOCK_CACHE_BYTES_DEFAULT : cacheMb * MIB)
  const streamOptions = { shardCount, clock, metrics, cache: blocks, compaction }
  const [logs, events, access] = await Promise.all([
    openLogs(store, streamOptions),
    openEvents(store, streamOptions),
    AccessControl.open({ ...shared, database: SYSTEM_DATABASE }),
  ])
  const alongsideErasure = (): readonly Operation[] => [revisionRow(store.keys.keyring)]
  const vault = Vault.over({
    ...shared,
    database: VAULT_DATABASE,
    shredKeys,
    verifySecret: (provider) => store.keys.keyring.accepts(provider),
    autoLockMs: options.vaultAutoLockMs,
    alongsideErasure,
    mayStillRead: ({ by, path, time }) =>
      access.checkPseudonym(by, { action: 'vault.read', resource: `vault/${path}`, now: time }).allowed,
  })
  const signers = (): AuditSource['signers'] => auditSource.signers
  const subjects = new Subjects({
    ...shared,
    database: SYSTEM_DATABASE,
    shredKeys,
    signers,
    receiptOf: async (sequence) => await auditSource.log?.receipt(sequence),
    alongsideErasure,
  })
  const images = new ImageCatalogue({ cache, clock })
  return { logs, events, access, vault, subjects, cache, images }
}
