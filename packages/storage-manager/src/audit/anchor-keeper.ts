import type { AuditLog, Timer } from '@forgeone/audit'
import { ForgeError, isForgeError, type Clock, type Logger } from '@forgeone/common'
import type { LocalStore } from '@forgeone/engine'
import { ANCHOR_RETRY_MS, type AnchorLoss, type WholeAnchorPlan } from './anchor-plan.ts'

export interface AnchorKeeperOptions {
  readonly plans: readonly WholeAnchorPlan[]
  /** Absent while the audit database is offline. */
  readonly log: AuditLog | undefined
  readonly store: Pick<LocalStore, 'refuseWrites' | 'reportProblem'>
  readonly graceMs: number
  readonly onLoss: AnchorLoss
  readonly clock: Clock
  readonly timer: Timer
  readonly logger: Logger | undefined
}

interface KeptAnchor {
  readonly plan: WholeAnchorPlan
  /** Monotonic; the opening counts as one. */
  succeededAtMs: number
  triedAtMs: number
  failed: boolean
  lost: boolean
}

/** Takes checkpoints to the anchors of a store, each in its own time, and minds those that fail. */
export class AnchorKeeper {
  readonly #o: AnchorKeeperOptions
  readonly #anchors: readonly KeptAnchor[]
  #stopTimer: (() => void) | undefined
  /** Settles when no anchor is being written. */
  #underWay: Promise<unknown> = Promise.resolve()
  /** Nothing is signed, and so nothing published: the log is not what was signed. */
  #refused = false

  constructor(options: AnchorKeeperOptions) {
    this.#o = options
    const now = options.clock.monotonicMs()
    this.#anchors = options.plans.map((plan) => {
      return { plan, succeededAtMs: now, triedAtMs: now, failed: false, lost: false }
    })
  }

  start(): void {
    const { log, timer, plans } = this.#o
    if (log === undefined || plans.length === 0) return
    const tickMs = Math.min(ANCHOR_RETRY_MS, ...plans.map(({ everyMs }) => everyMs))
    this.#stopTimer = timer.every(tickMs, () => void this.publishDue().catch(() => undefined))
  }

  /** From now on the store only reads: an anchor knows of another history. */
  refuse(reason: ForgeError): void {
    this.#refused = true
    this.#o.log?.refuseSigning(reason)
    this.#o.store.refuseWrites(reason)
  }

  /** Publishes to those whose time has come. @throws AUDIT_ROLLBACK, AUDIT_FORK, and the store only reads from then on */
  publishDue(): Promise<void> {
    const now = this.#o.clock.monotonicMs()
    return this.#publish(this.#anchors.filter((anchor) => isDue(anchor, now)))
  }

  /** Publishes to all, and ends. @throws AUDIT_ROLLBACK, AUDIT_FORK when an anchor is found to know another history */
  async close(): Promise<void> {
    this.#stopTimer?.()
    await this.#publish(this.#anchors)
  }

  /** Takes turns, so that an anchor sees checkpoints in their order. */
  #publish(anchors: readonly KeptAnchor[]): Promise<void> {
    const run = this.#underWay.then(() => this.#publishNow(anchors))
    this.#underWay = run.catch(() => undefined)
    return run
  }

  async #publishNow(anchors: readonly KeptAnchor[]): Promise<void> {
    const { log } = this.#o
    if (this.#refused || log === undefined || anchors.length === 0) return
    const checkpoint = await log.checkpoint()
    for (const anchor of anchors) {
      try {
        const lines = await anchor.plan.anchor.publish(checkpoint, log)
        if (lines.length > 0) await log.addCosignatures({ checkpoint, lines })
        this.#succeeded(anchor)
      } catch (error) {
        if (isForgeError(error, 'AUDIT_ROLLBACK', 'AUDIT_FORK')) this.refuse(error)
        if (!isForgeError(error, 'AUDIT_ANCHOR_FAILED')) throw error
        this.#failed(anchor, error)
      }
    }
  }

  #succeeded(anchor: KeptAnchor): void {
    const { clock, store } = this.#o
    anchor.succeededAtMs = clock.monotonicMs()
    anchor.triedAtMs = anchor.succeededAtMs
    anchor.failed = false
    if (!anchor.lost) return
    anchor.lost = false
    store.reportProblem(undefined, placeOf(anchor))
    if (!this.#refused && !this.#anchors.some(({ lost }) => lost)) store.refuseWrites(undefined)
  }

  #failed(anchor: KeptAnchor, error: ForgeError): void {
    const { clock, graceMs, logger, onLoss, store } = this.#o
    const { place } = anchor.plan.anchor
    anchor.triedAtMs = clock.monotonicMs()
    anchor.failed = true
    logger?.log('error', error.message, { code: error.code, place })
    if (!anchor.plan.required || anchor.lost || anchor.triedAtMs - anchor.succeededAtMs < graceMs) return
    anchor.lost = true
    const loss = new ForgeError('AUDIT_ANCHOR_FAILED', `a required anchor is lost: ${error.message}`, {
      cause: error,
      details: { place },
    })
    store.reportProblem(loss, placeOf(anchor))
    if (onLoss === 'stop') store.refuseWrites(loss)
  }
}

function placeOf({ plan }: KeptAnchor): string {
  return `anchor ${plan.anchor.place}`
}

function isDue({ plan, triedAtMs, failed }: KeptAnchor, now: number): boolean {
  const waitMs = failed ? Math.min(plan.everyMs, ANCHOR_RETRY_MS) : plan.everyMs
  return now - triedAtMs >= waitMs
}
