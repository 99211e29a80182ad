import { assert, Metrics, systemClock } from '@forgeone/common'
import { checkAct, LocalStore, readStoreFile, type Layout } from '@forgeone/engine'
import { AuditSource } from '../audit/audit-source.ts'
import { readGenerations, type Generations } from '../audit/generations.ts'
import { CheckpointRegister } from '../checkpoint/checkpoint-register.ts'
import { revisionRow } from '../keys/forge-keys.ts'
import { SYSTEM_DATABASE } from '../layout/database-names.ts'
import { shardLayout } from '../layout/shard-layout.ts'
import { actsOf, databaseNamesOf, stateScopesOf, type AnyPlan } from '../layout/store-plan.ts'
import { beginGeneration } from './begin-generation.ts'
import type { ForgeOptions } from './forge-options.ts'
import { keyProviderOf } from './key-provider-of.ts'

const GIB = 1024 ** 3

/** The engine's part of a `Forge`. */
export interface OpenedStore {
  readonly store: LocalStore
  readonly auditSource: AuditSource
  /** Absent while the first generation lasts. */
  readonly generations: Generations | undefined
  readonly metrics: Metrics
  readonly layout: Layout
}

/** Opens the store with its log, under the generation that its own row names; nothing is signed yet. */
export async function openStore(
  options: ForgeOptions,
  asked: { readonly plans: readonly AnyPlan[]; readonly acceptState?: boolean },
): Promise<OpenedStore> {
  const opened = await openOnce(options, asked)
  const { store, generations } = opened
  if (generations === undefined || generations.current === store.generation) return opened
  // A crash came between the commit that began the generation and `FORGE`, or somebody put an older `FORGE` back.
  try {
    await beginGeneration(store, generations.current)
  } finally {
    await store.close()
  }
  const again = await openOnce({ ...options, create: 'never' }, asked)
  assert(again.store.generation === generations.current, 'the generation was put in force')
  return again
}

async function openOnce(
  options: ForgeOptions,
  { plans, acceptState = false }: Parameters<typeof openStore>[1],
): Promise<OpenedStore> {
  const { logger, clock = systemClock, path, create, durability, lockWaitMs } = options
  const { allowedSuites, allowUnsafeFilesystem, random } = options
  const existing = await readStoreFile(path)
  const layout = shardLayout(options, existing)
  const acts = actsOf(plans)
  const suite = existing?.suite ?? options.encryption ?? 'aes-256-gcm'
  const metrics = new Metrics()
  const auditSource = new AuditSource({
    clock,
    logger,
    alongsideKeyChange: (keyring) => [revisionRow(keyring)],
  })
  const store = await LocalStore.open({
    path,
    databases: databaseNamesOf(plans, layout),
    observer: auditSource,
    stateScopes: stateScopesOf(plans, layout),
    copies: (opened) => new CheckpointRegister(opened),
    acceptState,
    checkFacts: (facts) => checkAct(acts, facts),
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
    const isKnown = store.isOnline(SYSTEM_DATABASE)
    const generations = isKnown ? await readGenerations(store) : undefined
    auditSource.connect(store, generations?.ended ?? [])
    return { store, auditSource, generations, metrics, layout }
  } catch (error) {
    await store.close()
    throw error
  }
}
