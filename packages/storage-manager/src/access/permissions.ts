import { partsOf, type FacilityPlan, type FaceRules, type MethodRule } from '@forgeone/engine'

export type MethodRules = Readonly<Record<string, MethodRule>>

/** What each method of each face needs, by the path that the face has on the store: `forge`, `vault`, `vault.leases`. */
export function permissionsOf(
  plans: readonly Pick<FacilityPlan<object>, 'name' | 'rules'>[],
): Readonly<Record<string, MethodRules>> {
  return Object.fromEntries(plans.flatMap(({ name, rules }) => rulesBelow(name, rules)))
}

function rulesBelow(path: string, rules: FaceRules<object>): [string, MethodRules][] {
  const below = partsOf(rules).flatMap(([name, own]) => rulesBelow(`${path}.${name}`, own))
  return [[path, rules.methods], ...below]
}
