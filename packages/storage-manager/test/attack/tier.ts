/** The attack tier repeats each attack many times: `pnpm test:attack`. Else a short part of each runs with every test. */
const TIER = process.env['FORGE_TEST_TIER'] ?? process.env['MODE']
export const IS_ATTACK_TIER: boolean = TIER === 'attack' || TIER === 'long'

/** Repeats a run: the number that it printed. */
export const SEED: number = Number(process.env['FORGE_TEST_SEED'] ?? Date.now() % 1_000_000)

export function ofTier(count: { readonly short: number; readonly attack: number }): number {
  return IS_ATTACK_TIER ? count.attack : count.short
}
