import type { Anchor } from '@forgeone/audit'
import {
  assert,
  ForgeError,
  isolatedLogger,
  readArgument,
  systemClock,
  systemRandom,
  systemTimer,
  type Timer,
  type Clock,
  type Metrics,
  type Random,
  type ReportProblem,
} from '@forgeone/common'
import {
  makeStoreView,
  readImageFile,
  type Facility,
  type FacilityPlan,
  type ImageFacts,
  type Job,
  type Layout,
  type LocalStore,
  type StoreView,
} from '@forgeone/engine'
import { accessFacility } from '../access/access-facility.ts'
import { AnchorMemory } from '../audit/anchor-memory.ts'
import { AnchorKeeper } from '../audit/anchor-keeper.ts'
import { wholeAnchorPlan, ANCHOR_GRACE_MS_DEFAULT, type WholeAnchorPlan } from '../audit/anchor-plan.ts'
import { hasVanished } from '../audit/publish-to-anchor.ts'
import type { AuditSource } from '../audit/audit-source.ts'
import { facilitiesOf, plansOf } from '../facilities.ts'
import type { ForgeHost } from '../forge-host.ts'
import { revisionRow } from '../keys/forge-keys.ts'
import { ToldShredKeys } from '../keys/told-shred-keys.ts'
import { SYSTEM_DATABASE } from '../layout/database-names.ts'
import { MetricsHistory } from '../statistics/metrics-history.ts'
import { acceptRollback } from './accept-rollback.ts'
import { rowId } from './damaged-rows.ts'
import { readForgeOptions, type ForgeOptions } from './forge-options.ts'
import { closeFacilities, openFacilities, type OpenedFacilities } from './open-facilities.ts'
import { openStore } from './open-store.ts'

/** Metrics are sampled into the store this often while it is open. */
const METRICS_SAMPLE_MS = 3_600_000

/** Facilities of a store by the name of their face. */
export type FacilityList = Readonly<Record<string, Facility<object, ForgeHost>>>

/** Everything a `Forge` is made of, opened. */
export interface ForgeParts {
  readonly store: LocalStore
  readonly plans: readonly FacilityPlan<object>[]
  readonly opened: OpenedFacilities
  readonly layout: Layout
  readonly toldShredKeys: ToldShredKeys
  readonly auditSource: AuditSource
  readonly anchors: AnchorKeeper
  readonly metrics: Metrics
  readonly metricsHistory: MetricsHistory
  readonly clock: Clock
  readonly timer: Timer
  readonly random: Random
  /** Whether other processes may use it. */
  readonly isShared: boolean
  readonly directory: string
  /** Through which it was opened only to be read. */
  readonly view: StoreView | undefined
}

/**
 * Opens the store and what stands on it; whatever fails closes the store again. Where an anchor knows of another history
 * the store only reads: nothing is written into one that was rolled back, nor signed.
 */
export async function openForgeParts(options: ForgeOptions, facilities?: FacilityList): Promise<ForgeParts> {
  const given = readForgeOptions(options)
  const list = facilities ?? facilitiesOf(given)
  // Before anything is made: an argument that is refused leaves nothing behind.
  anchorPlans(given.anchors ?? [])
  if (given.readOnly !== true) return await openWhole(given, { list })
  const view = await makeStoreView(given.path, { lockWaitMs: given.lockWaitMs })
  try {
    const parts = await openWhole({ ...given, path: view.path, create: 'never' }, { list, view })
    if (!(await view.isStale())) return parts
    await closeFacilities(parts.opened)
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

async function openWhole(
  options: ForgeOptions,
  { list, view }: { readonly list: FacilityList; readonly view?: StoreView },
): Promise<ForgeParts> {
  const { acceptRollback: rollback, clock = systemClock, random = systemRandom } = options
  const { timer = systemTimer, share = 'off' } = options
  const plans = plansOf(list)
  if (rollback !== undefined) await acceptRollback(options, { ...rollback, plans })
  const { store, auditSource, metrics, layout } = await openStore(
    rollback === undefined ? options : { ...options, create: 'never' },
    { plans },
  )
  try {
    const anchors = await startAudit({ store, auditSource, options })
    const toldShredKeys = new ToldShredKeys(store)
    const metricsHistory = new MetricsHistory({ store, database: SYSTEM_DATABASE, metrics })
    const parts = {
      store,
      auditSource,
      anchors,
      metrics,
      metricsHistory,
      layout,
      toldShredKeys,
      clock,
      timer,
      random,
      directory: options.path,
      isShared: share === 'local' && view === undefined,
    }
    const opened = await openFacilities(list, (known) => hostOf({ ...parts, options }, known))
    // The options go: the secret is among them.
    return { ...parts, plans, opened, view }
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
    timer: options.timer ?? systemTimer,
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

/** A sample that cannot be written is not worth an error; that it goes on so shows in the health. */
function samplesOf(history: MetricsHistory): Job {
  return {
    name: 'samples of metrics',
    everyMs: METRICS_SAMPLE_MS,
    isShort: true,
    run: async () => await history.record(),
  }
}

/** What facilities are given. @param opened those before the one that asks */
function hostOf(
  parts: Omit<ForgeParts, 'plans' | 'opened' | 'view' | 'anchors'> & { readonly options: ForgeOptions },
  opened: OpenedFacilities,
): ForgeHost {
  const {
    store,
    auditSource,
    metrics,
    metricsHistory,
    layout,
    toldShredKeys,
    clock,
    timer,
    random,
    directory,
    options,
  } = parts
  const other: ForgeHost['other'] = <Face>({ name }: { readonly name: string }) => {
    const facility = opened.get(name)
    assert(facility !== undefined, `the facility ${name} is opened before those that use it`)
    // What a facility of this name opens is its face.
    return facility.face as Face
  }
  return {
    store,
    auditSource,
    metrics,
    layout,
    toldShredKeys,
    clock,
    timer,
    random,
    logger: isolatedLogger(options.logger),
    directory,
    acceptRestoredKeyring: options.acceptRestoredKeyring,
    keyPolicy: options.keyPolicy ?? {},
    metricsHistory,
    jobs: () => [samplesOf(metricsHistory), ...[...opened.values()].flatMap(({ jobs = [] }) => jobs)],
    reportProblem: reporterOf(store),
    setAside: ({ database, key, error }) => store.reportProblem(error, rowId(database, key)),
    shredKeys: () => toldShredKeys.get(),
    // Secrets are kept and erased while the database that would be told is set aside.
    alongsideKeys: () =>
      store.isOnline(SYSTEM_DATABASE) ? [revisionRow(store.keys.keyring), ...toldShredKeys.alongside()] : [],
    accepts: (provider) => store.keys.keyring.accepts(provider),
    isAllowed: ({ pseudonym, action, resource, time }) =>
      other(accessFacility).checkPseudonym(pseudonym, { action, resource, now: time }).allowed,
    other,
  }
}
