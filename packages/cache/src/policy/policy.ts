/** What a policy may ask the cache about a slot that is in use. */
export interface PolicyHost {
  /** Seeded 32-bit hash of the key: the same for the same key as long as the cache lives. */
  hashOf(slot: number): number
  /** What the entry weighs, in the unit of the bound: bytes, or 1 where only entries are counted. */
  weightOf(slot: number): number
  /** When the entry ends, in milliseconds of the cache's clock; Infinity without an end. */
  expiryOf(slot: number): number
}

/** What a policy is made with. */
export interface PolicySettings {
  readonly host: PolicyHost
  /** Bound on the sum of weights. */
  readonly capacity: number
  /** Bound on entries; Infinity where only bytes are bounded. */
  readonly maxEntries: number
  /** @returns a number at or above 0 and below 1 */
  readonly random: () => number
}

/**
 * Orders slots and owns no entries. Slots are small integers; the cache calls in the order of its own operations:
 * `onInsert` once for a new slot, then any number of `onHit` and `onWeight`, then `onRemove` once.
 * Before what would not fit comes in, the cache calls `victim` and removes that slot, until it fits.
 */
export interface Policy {
  /** Slots below `capacity` may come from now on. Only ever grows. */
  grow(capacity: number): void
  onInsert(slot: number): void
  onHit(slot: number): void
  /** The entry was replaced by one of another weight. `before` is the old weight. */
  onWeight(slot: number, before: number): void
  /** @param weight what the slot weighed last */
  onRemove(slot: number, weight: number): void
  /** The next slot to drop so that an entry of weight `incoming` can come, always one in use. -1 only when empty. */
  victim(incoming: number): number
  /** Share of the cache kept for newcomers, 0 to 1, where the policy has such a part. */
  readonly windowShare: number | undefined
}

/** One list of a policy, from its oldest to its newest slot, and what the policy believes it weighs where it does. */
export interface PolicyPart {
  readonly slots: readonly number[]
  readonly weight?: number
}

/** A policy whose lists can be compared with its sums. */
export interface InspectablePolicy extends Policy {
  parts(): readonly PolicyPart[]
}

export type PolicyFactory = (settings: PolicySettings) => Policy
