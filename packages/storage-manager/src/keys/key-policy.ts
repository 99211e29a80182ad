import type { Clock } from '@forgeone/common'
import type { ForgeKeys } from './forge-keys.ts'
import { KEY_AGE_DAYS_DEFAULT, KEY_SEALS_DEFAULT, type KeyPolicy } from './key-policy-options.ts'

const DAY_MS = 86_400_000

/** Scopes whose key is due. */
export function overdueScopes(
  keys: Pick<ForgeKeys, 'status' | 'scopes'>,
  { policy, clock }: { readonly policy: KeyPolicy; readonly clock: Clock },
): readonly string[] {
  const bornBefore = clock.now() - (policy.maxAgeDays ?? KEY_AGE_DAYS_DEFAULT) * DAY_MS
  const maxSeals = policy.maxSeals ?? KEY_SEALS_DEFAULT
  return keys
    .status()
    .keys.filter(({ state, scope }) => state === 'primary' && keys.scopes.includes(scope))
    .filter(({ createdMs, sealsReserved }) => createdMs < bornBefore || sealsReserved > maxSeals)
    .map(({ scope }) => scope)
}

/** Rotates what is due and goes on with what was cut short. @returns the scopes that were rotated */
export async function applyKeyPolicy(
  keys: ForgeKeys,
  o: { readonly policy: KeyPolicy; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  if (o.policy.auto === false) return []
  const scopes = overdueScopes(keys, o)
  if (scopes.length > 0) await keys.rotate({ scopes })
  if (keys.status().unfinished.length > 0) await keys.reseal({ signal: o.signal })
  return scopes
}
