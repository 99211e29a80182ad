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
/** No policy replaces the master key, which takes all secrets; `forge doctor` tells when it is due. */
export const MASTER_KEY_AGE_DAYS = 365
export const KEY_SEALS_DEFAULT: number = 2 ** 31
