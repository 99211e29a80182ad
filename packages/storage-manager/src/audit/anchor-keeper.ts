import type { Anchor, AuditLog } from '@forgeone/audit'
import {
  BackgroundWork,
  ForgeError,
  isForgeError,
  type Clock,
  type Logger,
  type Timer,
} from '@forgeone/common'
import type { LocalStore } from '@forgeone/engine'
import type { AnchorMemory } from './anchor-memory.ts'
import { ANCHOR_RETRY_MS, type AnchorLoss, type WholeAnchorPlan } from './anchor-plan.ts'
import { anchorEmpty, publishToAnchor } from './publish-to-anchor.ts'

export interface AnchorKeeperOptions {
  readonly plans: readonly WholeAnchorPlan[]
  /** Absent while the audit database is offline. */
  readonly log: AuditLog | undefined
  readonly store: Pick<LocalStore, 'refuseWrites' | 'reportProblem'>
  readonly memory: AnchorMemory
  readonly graceMs: number
  readonly onLoss: AnchorLoss
  readonly clock: Clock
  readonly timer: Pick<Timer, 'every'>
  readonly logger: Logger | undefined
}

interface KeptAnchor {
  readonly plan: WholeAnchorPlan
  /** Monotonic; the opening counts as one. */
  succeededAtMs: number
  triedAtMs: number
  failed: boolean
  lost: boolean
  /** It had notes and has none: this stands in the health. */
  empty: boolean
  /** The next publication may be the first of a new one; only the next. */
  renew: boolean
}

/** What became of a checkpoint that was taken to an anchor. */
export interface AnchorPublication {
  /** Commits that the checkpoint is about. */
  readonly size: number
  /** Signatures that the anchor added. */
  readonly cosignatures: number
}

/** Takes checkpoints to the anchors of a store, each in its own time, and minds those that fail. */
export class AnchorKeeper {
  readonly #options: AnchorKeeperOptions
  readonly #anchors: readonly KeptAnchor[]
  #stopTimer: (() => void) | undefined
  /** Settles when no anchor is being written. */
  #underWay: Promise<unknown> = Promise.resolve()
  /** Nothing is signed, and so nothing published: the log is not what was signed. */
  #refused = false

  constructor(options: AnchorKeeperOptions) {
    this.#options = options
    const now = options.clock.monotonicMs()
    this.#anchors = options.plans.map((plan) => {
      const { renew } = plan
      return { plan, succeededAtMs: now, triedAtMs: now, failed: false, lost: false, empty: false, renew }
    })
  }

  start(): void {
    const { log, timer, plans } = this.#options
    if (log === undefined || plans.length === 0) return
    const tickMs = Math.min(ANCHOR_RETRY_MS, ...plans.map(({ everyMs }) => everyMs))
    // An anchor that fails is told by itself; this is what keeps checkpoints from being taken to any of them.
    const work = new BackgroundWork('publication to anchors', (problem, where) =>
      this.#options.store.reportProblem(problem, where),
    )
    this.#stopTimer = timer.every(tickMs, () => void work.run(() => this.publishDue()))
  }

  /** From now on the store only reads: an anchor knows of another history. */
  refuse(reason: ForgeError): void {
    this.#refused = true
    this.#options.log?.refuseSigning(reason)
    this.#options.store.refuseWrites(reason)
  }

  /** Nothing is published to an anchor that had notes and has none: only its owner knows whether that is meant. */
  reportVanished(anchor: Anchor): void {
    for (const kept of this.#anchors)
      if (kept.plan.anchor === anchor) this.#reportEmpty(kept, anchorEmpty(anchor))
  }

  /**
   * Takes a checkpoint to an anchor now, be it one of those that are kept or not.
   * @throws AUDIT_ANCHOR_FAILED, AUDIT_ANCHOR_EMPTY unless `renew`, AUDIT_ROLLBACK, AUDIT_FORK
   */
  publishTo(
    anchor: Anchor,
    log: AuditLog,
    { renew }: { readonly renew: boolean },
  ): Promise<AnchorPublication> {
    return this.#inTurn(async () => {
      const checkpoint = await log.checkpoint()
      const { memory } = this.#options
      const lines = await publishToAnchor(anchor, { checkpoint, log, memory, renew })
      for (const kept of this.#anchors) if (kept.plan.anchor.place === anchor.place) this.#succeeded(kept)
      return { size: Number(checkpoint.split('\n')[1]), cosignatures: lines.length }
    })
  }

  /** Publishes to those whose time has come. @throws AUDIT_ROLLBACK, AUDIT_FORK, and the store only reads from then on */
  publishDue(): Promise<void> {
    const now = this.#options.clock.monotonicMs()
    return this.#publish(this.#anchors.filter((anchor) => isDue(anchor, now)))
  }

  /** Publishes to all, and ends. @throws AUDIT_ROLLBACK, AUDIT_FORK when an anchor is found to know another history */
  async close(): Promise<void> {
    this.#stopTimer?.()
    await this.#publish(this.#anchors)
  }

  #publish(anchors: readonly KeptAnchor[]): Promise<void> {
    return this.#inTurn(() => this.#publishNow(anchors))
  }

  /** Takes turns, so that an anchor sees checkpoints in their order. */
  #inTurn<T>(publish: () => Promise<T>): Promise<T> {
    const run = this.#underWay.then(publish)
    this.#underWay = run.catch(() => undefined)
    return run
  }

  async #publishNow(anchors: readonly KeptAnchor[]): Promise<void> {
    const { log, memory } = this.#options
    if (this.#refused || log === undefined || anchors.length === 0) return
    const checkpoint = await log.checkpoint()
    for (const anchor of anchors) {
      try {
        const { renew } = anchor
        await publishToAnchor(anchor.plan.anchor, { checkpoint, log, memory, renew })
        this.#succeeded(anchor)
      } catch (error) {
        if (isForgeError(error, 'AUDIT_ROLLBACK', 'AUDIT_FORK')) this.refuse(error)
        if (!isForgeError(error, 'AUDIT_ANCHOR_FAILED', 'AUDIT_ANCHOR_EMPTY')) throw error
        this.#failed(anchor, error)
      }
    }
  }

  #succeeded(anchor: KeptAnchor): void {
    const { clock, store } = this.#options
    anchor.succeededAtMs = clock.monotonicMs()
    anchor.triedAtMs = anchor.succeededAtMs
    anchor.failed = false
    anchor.renew = false
    if (!anchor.lost && !anchor.empty) return
    const wasLost = anchor.lost
    anchor.lost = false
    anchor.empty = false
    store.reportProblem(undefined, placeOf(anchor))
    if (wasLost && !this.#refused && !this.#anchors.some(({ lost }) => lost)) store.refuseWrites(undefined)
  }

  #failed(anchor: KeptAnchor, error: ForgeError): void {
    const { clock, graceMs, logger, onLoss, store } = this.#options
    const { place } = anchor.plan.anchor
    anchor.triedAtMs = clock.monotonicMs()
    anchor.failed = true
    logger?.log('error', error.message, { code: error.code, place })
    if (error.code === 'AUDIT_ANCHOR_EMPTY') this.#reportEmpty(anchor, error)
    if (!anchor.plan.required || anchor.lost || anchor.triedAtMs - anchor.succeededAtMs < graceMs) return
    anchor.lost = true
    const loss = new ForgeError(error.code, `a required anchor is lost: ${error.message}`, {
      cause: error,
      details: { place },
    })
    store.reportProblem(loss, placeOf(anchor))
    if (onLoss === 'stop') store.refuseWrites(loss)
  }

  #reportEmpty(anchor: KeptAnchor, error: ForgeError): void {
    if (anchor.empty) return
    anchor.empty = true
    this.#options.store.reportProblem(error, placeOf(anchor))
  }
}

function placeOf({ plan }: KeptAnchor): string {
  return `anchor ${plan.anchor.place}`
}

function isDue({ plan, triedAtMs, failed }: KeptAnchor, now: number): boolean {
  const waitMs = failed ? Math.min(plan.everyMs, ANCHOR_RETRY_MS) : plan.everyMs
  return now - triedAtMs >= waitMs
}
