import { RecentKeys } from './recent-keys.ts'
import { ShadowLru } from './shadow-lru.ts'

/** The share of the cache that is weighed: what would be won or lost by moving the border by so much. */
export const MARGIN_SHARE = 0.05
/** One step of the border when one side of it is worth more, and when plain LRU is better altogether. */
const STEP_SHARE = 0.05
const STEP_SHARE_TO_LRU = 0.1
/** The border may move once in so many requests per entry. */
const REQUESTS_PER_ENTRY = 0.5
/** What was counted before weighs half as much at each look. */
const MEMORY = 0.5

/** What the cache looks like when the climber asks. */
export interface ClimberView {
  readonly entries: number
  /** Weight of the oldest part of the window, of probation, and of {@link MARGIN_SHARE} of the cache. */
  readonly tailWeight: number
  readonly probationWeight: number
  readonly marginWeight: number
}

/**
 * Decides how the border between window and main part moves: up the slope of the hit rate, whose two sides are
 * measured rather than tried out. A larger window would have hit the keys it turned away lately; it would cost hits
 * on the margin of the main part. Where both are equal and plain LRU is still clearly better, the window grows too.
 */
export class WindowClimber {
  readonly #turnedAway = new RecentKeys()
  readonly #lru = new ShadowLru()
  #requests = 0
  #missesOfWindow = 0
  #hitsOfTail = 0
  #hitsOfProbation = 0

  /** The cache holds about so many entries from now on. */
  fit(entries: number): void {
    this.#lru.resize(entries)
    this.#turnedAway.resize(Math.max(1, Math.floor(MARGIN_SHARE * entries)))
  }

  onMiss(hash: number): void {
    this.#requests++
    this.#lru.record(hash, false)
    if (this.#turnedAway.take(hash)) this.#missesOfWindow++
  }

  onHit(hash: number): void {
    this.#requests++
    this.#lru.record(hash, true)
  }

  onTailHit(): void {
    this.#hitsOfTail++
  }

  onProbationHit(): void {
    this.#hitsOfProbation++
  }

  onTurnedAway(hash: number): void {
    this.#turnedAway.add(hash)
  }

  /** Whether it is time to look again. */
  isDue(entries: number): boolean {
    return this.#requests >= REQUESTS_PER_ENTRY * entries
  }

  /** @returns the change of the window's share of the cache */
  change({ entries, tailWeight, probationWeight, marginWeight }: ClimberView): number {
    this.fit(entries)
    const above = this.#missesOfWindow
    const below = (this.#hitsOfTail * marginWeight) / Math.max(1, Math.min(marginWeight, tailWeight))
    const main = (this.#hitsOfProbation * marginWeight) / Math.max(1, marginWeight, probationWeight)
    this.#requests = 0
    this.#missesOfWindow *= MEMORY
    this.#hitsOfTail *= MEMORY
    this.#hitsOfProbation *= MEMORY
    if (this.#lru.isBetter()) return STEP_SHARE_TO_LRU
    if (isClearlyMore(above, main)) return STEP_SHARE
    return isClearlyMore(main, below) ? -STEP_SHARE : 0
  }
}

/** Counts of rare events differ by chance by about their square root. */
function isClearlyMore(left: number, right: number): boolean {
  return left - right > Math.sqrt(left + right)
}
