import { inject } from 'vitest'

/** The long tier repeats each attack many times: `pnpm test:long`. Else a short part of each runs with every test. */
export const IS_LONG_TIER: boolean = inject('isLongTier')

/** Repeats a run: the number that it printed. */
export const SEED: number = Number(process.env['FORGE_TEST_SEED'] ?? Date.now() % 1_000_000)

export function ofTier(count: { readonly short: number; readonly long: number }): number {
  return IS_LONG_TIER ? count.long : count.short
}
