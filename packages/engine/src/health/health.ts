import { ForgeError, type ErrorCode, type Logger, type Metrics, isError } from '@forgeone/common'

export type StoreState = 'opening' | 'healthy' | 'degraded' | 'readonly' | 'failed' | 'closed'

export interface HealthReason {
  readonly code: ErrorCode
  /** What is concerned: a database, a file, or the whole store. */
  readonly where: string
  readonly message: string
  /** What to do, as a sentence or command. */
  readonly repair: string
}

export interface HealthReport {
  readonly state: StoreState
  readonly reasons: readonly HealthReason[]
  /** What opening found and mended, and nothing has to be done about. */
  readonly notices: readonly HealthReason[]
}

/** The state of one store and why it is in it. Writing stops for good at the first failed write (the poison rule). */
export class Health {
  readonly #logger: Logger
  readonly #metrics: Metrics
  readonly #reasons = new Map<string, HealthReason>()
  readonly #notices: HealthReason[] = []
  #poison: ForgeError | undefined
  #refusal: ForgeError | undefined
  #full = false
  #phase: 'opening' | 'open' | 'closed' = 'opening'

  constructor(o: { logger: Logger; metrics: Metrics }) {
    this.#logger = o.logger
    this.#metrics = o.metrics
  }

  get state(): StoreState {
    if (this.#phase !== 'open') return this.#phase
    if (this.#poison !== undefined || this.#refusal !== undefined || this.#full) return 'readonly'
    return this.#reasons.size > 0 ? 'degraded' : 'healthy'
  }

  get poisoned(): boolean {
    return this.#poison !== undefined
  }

  /** Why nothing may be written, though it could be. */
  get refusal(): ForgeError | undefined {
    return this.#refusal
  }

  report(): HealthReport {
    return { state: this.state, reasons: [...this.#reasons.values()], notices: [...this.#notices] }
  }

  opened(): void {
    this.#phase = 'open'
  }

  closed(): void {
    this.#phase = 'closed'
  }

  /** Notes something that is wrong while the rest goes on. */
  note(error: ForgeError, where: string): void {
    this.#reasons.set(`${error.code} ${where}`, reasonOf(error, where))
    this.#metrics.add('health_findings_total')
    this.#logger.log('warn', error.message, { code: error.code, where })
  }

  isNoted(where: string): boolean {
    return [...this.#reasons.values()].some((reason) => reason.where === where)
  }

  /** Tells of something that was mended: the state stays what it is. */
  tell(error: ForgeError, where: string): void {
    this.#notices.push(reasonOf(error, where))
    this.#logger.log('warn', error.message, { code: error.code, where })
  }

  /** What was wrong there is well again. */
  withdraw(where: string): void {
    for (const [key, reason] of this.#reasons) if (reason.where === where) this.#reasons.delete(key)
  }

  /** Stops all writing until the store is reopened. The first cause is kept. */
  poison(cause: unknown): ForgeError {
    if (this.#poison !== undefined) return this.#poison
    const message = isError(cause) ? cause.message : String(cause)
    const code: ErrorCode = cause instanceof ForgeError ? cause.code : 'STORE_FAILED'
    this.#poison = new ForgeError(
      code === 'STORE_FENCED' ? code : 'STORE_FAILED',
      `the store stopped writing: ${message}`,
      { cause },
    )
    this.#metrics.add('store_poisoned_total')
    this.note(this.#poison, 'store')
    return this.#poison
  }

  /** Refuses every write with this error, until it is taken back; reads go on. */
  refuseWrites(error: ForgeError | undefined, where: string): void {
    if (this.#refusal !== undefined) this.#reasons.delete(`${this.#refusal.code} ${where}`)
    this.#refusal = error
    if (error !== undefined) this.note(error, where)
  }

  /** Enters or leaves the state in which the disk is too full to write. */
  setFull(error: ForgeError | undefined): void {
    if ((error !== undefined) === this.#full) return
    this.#full = error !== undefined
    if (error === undefined) this.#reasons.delete('STORAGE_FULL disk')
    else this.note(error, 'disk')
  }

  /** @throws STORE_CLOSED, STORE_FAILED or STORE_FENCED (with `outcome: 'none'`) when nothing can be written */
  assertSound(): void {
    if (this.#phase === 'closed') throw new ForgeError('STORE_CLOSED', 'the store is closed')
    if (this.#poison !== undefined) throw withOutcome(this.#poison, 'none')
  }

  /** @throws what `assertSound` throws, and the refusal (with `outcome: 'none'`) when nothing may be written */
  assertWritable(): void {
    this.assertSound()
    if (this.#refusal !== undefined) throw withOutcome(this.#refusal, 'none')
  }

  assertReadable(): void {
    if (this.#phase === 'closed') throw new ForgeError('STORE_CLOSED', 'the store is closed')
  }
}

function reasonOf({ code, message, hint }: ForgeError, where: string): HealthReason {
  return { code, where, message, repair: hint }
}

/** The same failure as one caller sees it: `none` was not written; `unknown` may be durable, reopening tells. */
export function withOutcome(error: ForgeError, outcome: 'none' | 'unknown'): ForgeError {
  return new ForgeError(error.code, error.message, {
    cause: error.cause,
    details: { ...error.details, outcome },
  })
}
