import type { Anchor } from '@forgeone/audit'
import { ForgeError } from '@forgeone/common'
import { CodedAnchor } from './coded-anchor.ts'

/** How often a checkpoint goes to an anchor, unless said otherwise. */
export const ANCHOR_EVERY_MS_DEFAULT = 3_600_000
/** A log signs at most one checkpoint a second by itself. */
export const ANCHOR_EVERY_MS_MIN = 1000
/** Node.js takes no longer time for a timer. */
const TIMER_MS_MAX = 2 ** 31 - 1
/** How long a required anchor may fail before it counts as lost. */
export const ANCHOR_GRACE_MS_DEFAULT = 3_600_000
/** An anchor that failed is asked again after this time, or its own, whichever is shorter. */
export const ANCHOR_RETRY_MS = 60_000

/** An anchor, and how much depends on it. */
export interface AnchorPlan {
  readonly anchor: Anchor
  /** At least 1,000; default one hour. Closing publishes too. */
  readonly everyMs?: number | undefined
  /** When it has failed for the time of grace, the store is `degraded`, or takes no more commits (`onAnchorLoss`). */
  readonly required?: boolean | undefined
  /** It is meant to be empty: the first checkpoint goes there though it had some and has none any more. */
  readonly renew?: boolean | undefined
}

/** What is done when a required anchor is lost. */
export type AnchorLoss = 'report' | 'stop'

/** With everything filled in. */
export interface WholeAnchorPlan {
  readonly anchor: Anchor
  readonly everyMs: number
  readonly required: boolean
  readonly renew: boolean
}

/** @throws STORE_OPTION_INVALID */
export function wholeAnchorPlan(given: Anchor | AnchorPlan): WholeAnchorPlan {
  const plan: AnchorPlan = 'anchor' in given ? given : { anchor: given }
  const { anchor, everyMs = ANCHOR_EVERY_MS_DEFAULT, required = false, renew = false } = plan
  if (typeof anchor.publish !== 'function' || typeof anchor.place !== 'string')
    throw new ForgeError('STORE_OPTION_INVALID', 'an anchor has a place, and takes checkpoints', {
      details: { option: 'anchors' },
    })
  if (everyMs >= ANCHOR_EVERY_MS_MIN && everyMs <= TIMER_MS_MAX)
    return { anchor: new CodedAnchor(anchor), everyMs, required, renew }
  throw new ForgeError(
    'STORE_OPTION_INVALID',
    `everyMs of an anchor lies between ${ANCHOR_EVERY_MS_MIN} and ${TIMER_MS_MAX}`,
    { details: { option: 'anchors' } },
  )
}
