import { assert, Metrics, systemClock } from '@forgeone/common'
import { LocalStore, readStoreFile, type WatchedScope } from '@forgeone/engine'
import { shardStateScopes } from '@forgeone/streams'
import { checkAct } from '../audit/acts.ts'
import { AuditSource } from '../audit/audit-source.ts'
import { readGenerations, type Generations } from '../audit/generations.ts'
import { CheckpointRegister } from '../checkpoint/checkpoint-register.ts'
import { revisionRow } from '../keys/forge-keys.ts'
import { METRICS_KEYSPACE } from '../statistics/metrics-history.ts'
import { beginGeneration } from './begin-generation.ts'
import { SYSTEM_DATABASE, VAULT_DATABASE } from './database-names.ts'
import type { ForgeOptions } from './forge-options.ts'
import { keyProviderOf } from './key-provider-of.ts'
import { ACCESS_KEYSPACE, FLAGS_KEYSPACE, SETTINGS_KEYSPACE } from './system-keyspaces.ts'
import { shardLayout } from './shard-layout.ts'

const GIB = 1024 ** 3

const SETTING_KEYSPACES = [SETTINGS_KEYSPACE, FLAGS_KEYSPACE]

/** Rights, settings and secrets: an older row of them would undo a decision. Of shards: what nothing behind it tells of. */
function stateScopes(streamDatabases: readonly string[]): readonly WatchedScope[] {
  return [
    // Apart from each other, so that a setting that was just written does not leave the rights uncompared.
    { database: SYSTEM_DATABASE, part: 'rights', only: [ACCESS_KEYSPACE], describedSoon: true },
    { database: SYSTEM_DATABASE, part: 'settings', only: SETTING_KEYSPACES, describedSoon: true },
    {
      database: SYSTEM_DATABASE,
      without: [METRICS_KEYSPACE, ACCESS_KEYSPACE, ...SETTING_KEYSPACES],
      describedSoon: true,
    },
    { database: VAULT_DATABASE, describedSoon: true },
    ...streamDatabases.flatMap(shardStateScopes),
  ]
}

/** The engine's part of a `Forge`. */
export interface OpenedStore {
  readonly store: LocalStore
  readonly auditSource: AuditSource
  /** Absent while the first generation lasts. */
  readonly generations: Generations | undefined
  readonly metrics: Metrics
  readonly shardCount: number
}

/** Opens the store with its log, under the generation that its own row names; nothing is signed yet. */
export async function openStore(
  options: ForgeOptions,
  { acceptState = false }: { readonly acceptState?: boolean } = {},
): Promise<OpenedStore> {
  const opened = await openOnce(options, acceptState)
  const { store, generations } = opened
  if (generations === undefined || generations.current === store.parts.file.generation) return opened
  // A crash came between the commit that began the generation and `FORGE`, or somebody put an older `FORGE` back.
  try {
    await beginGeneration(store, generations.current)
  } finally {
    await store.close()
  }
  const again = await openOnce({ ...options, create: 'never' }, acceptState)
  assert(again.store.parts.file.generation === generations.current, 'the generation was put in force')
  return again
}

async function openOnce(options: ForgeOptions, acceptState: boolean): Promise<OpenedStore> {
  const { logger, clock = systemClock, path, create, durability, lockWaitMs } = options
  const { allowedSuites, allowUnsafeFilesystem, random } = options
  const existing = await readStoreFile(path)
  const { shardCount, databases } = shardLayout(options, existing)
  const suite = existing?.suite ?? options.encryption ?? 'aes-256-gcm'
  const metrics = new Metrics()
  const auditSource = new AuditSource({
    clock,
    logger,
    alongsideKeyChange: (keyring) => [revisionRow(keyring)],
  })
  const store = await LocalStore.open({
    path,
    databases,
    observer: auditSource,
    stateScopes: stateScopes(databases.filter((name) => name.includes('_shard_'))),
    copies: (opened) => new CheckpointRegister(opened),
    acceptState,
    checkFacts: checkAct,
    provider: keyProviderOf(options, suite),
    suite,
    allowedSuites,
    create,
    durability,
    lockWaitMs,
    maxBytes: options.maxSizeGb === undefined ? undefined : Math.floor(options.maxSizeGb * GIB),
    allowUnsafeFilesystem,
    logger,
    clock,
    random,
    metrics,
  })
  try {
    // A store whose system database is set aside goes on under the generation that `FORGE` names.
    const isKnown = store.parts.online.has(SYSTEM_DATABASE)
    const generations = isKnown ? await readGenerations(store) : undefined
    auditSource.connect(store, generations?.ended ?? [])
    return { store, auditSource, generations, metrics, shardCount }
  } catch (error) {
    await store.close()
    throw error
  }
}
