import { join } from 'node:path'
import { systemTimer, type Anchor } from '@forgeone/audit'
import {
  ForgeError,
  isolatedLogger,
  readArgument,
  systemClock,
  systemRandom,
  type Clock,
  type Metrics,
  type Random,
  type ReportProblem,
} from '@forgeone/common'
import {
  makeStoreView,
  readImageFile,
  type ImageFacts,
  type LocalStore,
  type Operation,
  type StoreView,
} from '@forgeone/engine'
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
import { AnchorMemory } from '../audit/anchor-memory.ts'
import { AnchorKeeper } from '../audit/anchor-keeper.ts'
import { wholeAnchorPlan, ANCHOR_GRACE_MS_DEFAULT, type WholeAnchorPlan } from '../audit/anchor-plan.ts'
import { hasVanished } from '../audit/publish-to-anchor.ts'
import type { AuditSource } from '../audit/audit-source.ts'
import { ForgeCache } from '../cache/forge-cache.ts'
import { ForgeKeys, revisionRow } from '../keys/forge-keys.ts'
import type { KeyPolicy } from '../keys/key-policy-options.ts'
import { ToldShredKeys } from '../keys/told-shred-keys.ts'
import { Subjects } from '../subjects/subjects.ts'
import { acceptRollback } from './accept-rollback.ts'
import { CACHE_DIRECTORY, SYSTEM_DATABASE, VAULT_DATABASE } from './database-names.ts'
import { rowId } from './damaged-rows.ts'
import { readForgeOptions, type ForgeOptions } from './forge-options.ts'
import { openStore } from './open-store.ts'

const MIB = 1024 * 1024
const LISTENER_FAILED = 'a listener of changes of rights failed; the others were told'

/** Everything a `Forge` is made of, opened. */
export interface ForgeParts {
  readonly store: LocalStore
  readonly logs: LogStream
  readonly events: EventStream
  readonly keys: ForgeKeys
  readonly shredKeys: ToldShredKeys
  readonly keyPolicy: KeyPolicy
  readonly vault: Vault
  readonly access: AccessControl
  readonly subjects: Subjects
  readonly cache: ForgeCache
  readonly images: ImageCatalogue
  readonly auditSource: AuditSource
  readonly anchors: AnchorKeeper
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: Random
  readonly shardCount: number
  /** Through which it was opened only to be read. */
  readonly view: StoreView | undefined
}

/**
 * Opens the store and what stands on it; whatever fails closes the store again. Where an anchor knows of another history
 * the store only reads: nothing is written into one that was rolled back, nor signed.
 */
export async function openForgeParts(options: ForgeOptions): Promise<ForgeParts> {
  const given = readForgeOptions(options)
  // Before anything is made: an argument that is refused leaves nothing behind.
  anchorPlans(given.anchors ?? [])
  if (given.readOnly !== true) return await openWhole(given, undefined)
  const view = await makeStoreView(given.path, { lockWaitMs: given.lockWaitMs })
  try {
    const parts = await openWhole({ ...given, path: view.path, create: 'never' }, view)
    if (!(await view.isStale())) return parts
    await parts.store.close()
    throw viewIsStale()
  } catch (error) {
    const isStale = await view.isStale()
    await view.remove()
    throw isStale ? viewIsStale() : error
  }
}

/** What is missing is missing because somebody works with the store, and no damage. */
export function viewIsStale(): ForgeError {
  return new ForgeError('STORE_LOCKED', 'somebody has opened the store since it was opened only to be read')
}

async function openWhole(options: ForgeOptions, view: StoreView | undefined): Promise<ForgeParts> {
  const { acceptRollback: rollback, acceptRestoredKeyring, clock = systemClock, keyPolicy = {} } = options
  const { random = systemRandom } = options
  if (rollback !== undefined) await acceptRollback(options, rollback)
  const { store, auditSource, metrics, shardCount } = await openStore(
    rollback === undefined ? options : { ...options, create: 'never' },
  )
  try {
    const anchors = await startAudit({ store, auditSource, options })
    const cache = new ForgeCache({ store, directory: join(options.path, CACHE_DIRECTORY), clock })
    const shredKeys = new ToldShredKeys(store)
    const keys = await ForgeKeys.open(
      { store, shredKeys, emptyCache: () => cache.empty() },
      { acceptRestored: acceptRestoredKeyring },
    )
    const parts = {
      store,
      keys,
      shredKeys,
      keyPolicy,
      auditSource,
      anchors,
      metrics,
      clock,
      random,
      shardCount,
      view,
    }
    return {
      ...parts,
      ...(await openFacilities(store, { options, auditSource, cache, metrics, shardCount, told: shredKeys })),
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

function anchorPlans(anchors: NonNullable<ForgeOptions['anchors']>): readonly WholeAnchorPlan[] {
  return readArgument('STORE_OPTION_INVALID', () => anchors.map(wholeAnchorPlan))
}

/** Begins to sign, once every anchor agrees. */
async function startAudit(
  o: Pick<ForgeParts, 'store' | 'auditSource'> & { readonly options: ForgeOptions },
): Promise<AnchorKeeper> {
  const { store, auditSource, options } = o
  const { anchors = [], anchorGraceMs, onAnchorLoss = 'report', logger, clock = systemClock } = options
  const { log } = auditSource
  const plans = anchorPlans(anchors)
  const memory = new AnchorMemory(store)
  const keeper = new AnchorKeeper({
    plans,
    log,
    store,
    memory,
    graceMs: anchorGraceMs ?? ANCHOR_GRACE_MS_DEFAULT,
    onLoss: onAnchorLoss,
    clock,
    timer: systemTimer,
    logger: isolatedLogger(logger),
  })
  const image = await readImageFile(options.path)
  const refusal =
    image === undefined
      ? (await auditSource.disagreements(await anchorsWithNotes(plans, { memory, keeper })))[0]?.reason
      : isImage(image)
  // What an anchor knows of weighs more than that nothing is to be written.
  const readOnly = new ForgeError('STORE_READ_ONLY', 'the store was opened only to be read')
  if (refusal !== undefined || options.readOnly === true) {
    keeper.refuse(refusal ?? readOnly)
    return keeper
  }
  log?.start()
  keeper.start()
  return keeper
}

/** Those that had notes and have none are told in the health: there is nothing to compare with. */
async function anchorsWithNotes(
  plans: readonly WholeAnchorPlan[],
  { memory, keeper }: { readonly memory: AnchorMemory; readonly keeper: AnchorKeeper },
): Promise<readonly Anchor[]> {
  const others: Anchor[] = []
  for (const { anchor, renew } of plans) {
    // One after the other: there are few, and their files may be large.
    if (!renew && (await hasVanished(anchor, memory))) keeper.reportVanished(anchor)
    else others.push(anchor)
  }
  return others
}

/** Notes in the health what a facility found in a database and set aside. */
export function setAsideOf(
  store: LocalStore,
): (database: string) => (row: { readonly key: Uint8Array; readonly error: ForgeError }) => void {
  return (database) =>
    ({ key, error }) =>
      store.parts.health.note(error, rowId(database, key))
}

/** Tells the health of a store what keeps failing in the background. */
export function reporterOf(store: LocalStore): ReportProblem {
  return (problem, where) => store.reportProblem(problem, where)
}

/** Two stores of one name would sign two histories, so an image is read, and lives on under a name of its own. */
function isImage({ sequence, time }: ImageFacts): ForgeError {
  const when = new Date(time).toISOString()
  return new ForgeError(
    'STORE_IS_IMAGE',
    `this is an image of a store as of commit ${sequence}, ${when}; it is only read`,
  )
}

async function openFacilities(
  store: LocalStore,
  o: {
    readonly options: ForgeOptions
    readonly auditSource: AuditSource
    readonly cache: ForgeCache
    readonly metrics: Metrics
    readonly shardCount: number
    readonly told: ToldShredKeys
  },
): Promise<Pick<ForgeParts, 'logs' | 'events' | 'vault' | 'access' | 'subjects' | 'cache' | 'images'>> {
  const { options, auditSource, cache, metrics, shardCount, told } = o
  const { clock = systemClock, random = systemRandom, compaction, cacheMb } = options
  const shared = { store, clock, random }
  const setAside = setAsideOf(store)
  const shredKeys = (): ReturnType<LocalStore['shredKeys']> => told.get()
  const blocks = new BlockCache(cacheMb === undefined ? BLOCK_CACHE_BYTES_DEFAULT : cacheMb * MIB)
  const streamOptions = {
    shardCount,
    clock,
    metrics,
    cache: blocks,
    compaction,
    reportProblem: reporterOf(store),
  }
  const [logs, events, access] = await Promise.all([
    openLogs(store, streamOptions),
    openEvents(store, streamOptions),
    AccessControl.open({
      ...shared,
      database: SYSTEM_DATABASE,
      onSetAside: setAside(SYSTEM_DATABASE),
      onListenerFailure: () => void store.parts.logger.log('warn', LISTENER_FAILED),
    }),
  ])
  // Secrets are kept and erased while the database that would be told is set aside.
  const alongsideKeys = (): readonly Operation[] =>
    store.parts.online.has(SYSTEM_DATABASE) ? [revisionRow(store.keys.keyring), ...told.alongside()] : []
  const vault = Vault.over({
    ...shared,
    database: VAULT_DATABASE,
    shredKeys,
    verifySecret: (provider) => store.keys.keyring.accepts(provider),
    autoLockMs: options.vaultAutoLockMs,
    onSetAside: setAside(VAULT_DATABASE),
    alongsideKeys,
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
    alongsideKeys,
  })
  const images = new ImageCatalogue({ cache, clock })
  return { logs, events, access, vault, subjects, cache, images }
}
