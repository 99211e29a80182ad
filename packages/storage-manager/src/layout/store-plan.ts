import { assert } from '@forgeone/common'
import {
  UNWATCHED,
  type Acts,
  type DatabasePlan,
  type FacilityPlan,
  type KeyspacePlan,
  type Layout,
  type Row,
  type WatchedScope,
} from '@forgeone/engine'

export type AnyPlan = Pick<FacilityPlan<object>, 'name' | 'databases' | 'acts'>

/** Everything that commits of a store may be. */
export function actsOf(plans: readonly AnyPlan[]): Acts {
  return Object.assign({}, ...plans.map(({ acts }) => acts)) as Acts
}

/** The databases of a store, in the order in which they are named first. */
export function databaseNamesOf(plans: readonly AnyPlan[], layout: Layout): readonly string[] {
  return [...byDatabase(plans, layout).keys()]
}

/** What the store describes, so that an older row put back, or one taken out, is noticed. */
export function stateScopesOf(plans: readonly AnyPlan[], layout: Layout): readonly WatchedScope[] {
  return [...byDatabase(plans, layout)].flatMap(([database, each]) => [
    ...scopesOfKeyspaces(database, keyspacesOf(database, each)),
    ...each.flatMap(({ scopes = [] }) => scopes),
  ])
}

/** @throws RECORD_TAMPERED, STORE_DAMAGED for a row that does not parse; a row of no known keyspace is the only one of its kind */
export type RowCheck = (row: Row) => unknown

/** How rows are read of the databases that have rows which can be set aside one by one. */
export function rowChecksOf(plans: readonly AnyPlan[], layout: Layout): ReadonlyMap<string, RowCheck> {
  const checks = new Map<string, RowCheck>()
  for (const [database, each] of byDatabase(plans, layout)) {
    const whole = each.find(({ check }) => check !== undefined)?.check
    const keyspaces = new Map(keyspacesOf(database, each).map(({ byte, check }) => [byte, check]))
    if (whole !== undefined) checks.set(database, whole)
    else if (keyspaces.size > 0) checks.set(database, (row) => keyspaces.get(row.key[0] ?? 0)?.(row))
  }
  return checks
}

/** Whether a row is one of a facility's. */
export function ownsRow(
  plan: AnyPlan,
  { layout, database, key }: { readonly layout: Layout; readonly database: string; readonly key: Uint8Array },
): boolean {
  const own = plan.databases?.(layout).filter(({ name }) => name === database) ?? []
  return own.some(({ keyspaces }) => keyspaces === undefined || keyspaces.some(({ byte }) => byte === key[0]))
}

function byDatabase(plans: readonly AnyPlan[], layout: Layout): ReadonlyMap<string, readonly DatabasePlan[]> {
  return Map.groupBy(
    plans.flatMap((plan) => plan.databases?.(layout) ?? []),
    ({ name }) => name,
  )
}

function keyspacesOf(database: string, plans: readonly DatabasePlan[]): readonly KeyspacePlan[] {
  const keyspaces = plans.flatMap((plan) => plan.keyspaces ?? [])
  const bytes = new Set(keyspaces.map(({ byte }) => byte))
  assert(bytes.size === keyspaces.length, `each keyspace of ${database} has one owner`)
  return keyspaces
}

/** A scope for each part, so that what was just written leaves the others compared, and one for the rest. */
function scopesOfKeyspaces(database: string, keyspaces: readonly KeyspacePlan[]): readonly WatchedScope[] {
  if (keyspaces.length === 0) return []
  const apart = Map.groupBy(
    keyspaces.filter(({ part }) => part !== undefined),
    ({ part }) => part!,
  )
  const parts = [...apart].filter(([part]) => part !== UNWATCHED)
  return [
    ...parts.map(([part, each]) => ({
      database,
      part,
      only: each.map(({ byte }) => byte),
      describedSoon: true,
    })),
    { database, without: [...apart.values()].flat().map(({ byte }) => byte), describedSoon: true },
  ]
}
