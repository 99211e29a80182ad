import type { FacilityPlan } from '@forgeone/engine'
import { permissionsOf, type MethodRules } from '../src/access/permissions.ts'
import { facilitiesOf, plansOf } from '../src/facilities.ts'
import { actsOf } from '../src/layout/store-plan.ts'

export const PLANS: readonly FacilityPlan<object>[] = plansOf(facilitiesOf({}))
/** By the path of the face: `forge`, `vault`, `vault.leases`. */
export const PERMISSIONS: Readonly<Record<string, MethodRules>> = permissionsOf(PLANS)
export const ACT_NAMES: readonly string[] = Object.keys(actsOf(PLANS))
