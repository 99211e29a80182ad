import type { Clock } from '@forgeone/common'
import type { ForgeKeys } from './forge-keys.ts'

const DAY_MS = 86_400_000

/** When keys are replaced by themselves. Before its last seal a key always is, whatever the policy says. */
export interface KeyPolicy {
  /** Data keys older than this are rotated; default 90. */
  readonly maxAgeDays?: number | undefined
  /** Data keys that have made more seals than this are rotated; default 2^31. */
  readonly maxSeals?: number | undefined
  /** `false` only tells what is overdue; default true. */
  readonly auto?: boolean | undefined
}

export const KEY_AGE_DAYS_DEFAULT = 90
export const KEY_SEALS_DEFAULT: number = 2 ** 31

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
