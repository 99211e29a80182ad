import { AsyncLocalStorage } from 'node:async_hooks'
import { ForgeError, Turns } from '@forgeone/common'
import type { CommitContent, CommitOptions, CommitPlace } from '../port/store.ts'

/** What only the store's own commits ask for. */
export interface SubmitOptions extends CommitOptions {
  /** The description before a flush point: it may use the room that is kept for that, since the flush point gives room back. */
  readonly forFlush?: boolean
}

/** One part of a joint commit: what its caller gave to `commit`, and how the caller hears of the outcome. */
export interface JointPart {
  readonly build: (place: CommitPlace) => CommitContent
  readonly options: SubmitOptions
  readonly resolve: (place: CommitPlace) => void
  readonly reject: (cause: unknown) => void
}

/** A call that has not come to its commit by then never will: it keeps all other transactions of the store waiting. */
const GATHER_MS_MAX = 60_000

/** Who writes joint commits. */
export interface JointWriter {
  /** Accepts all parts or none. */
  submitJointly(parts: readonly JointPart[]): void
}

/** The place that a call keeps free for its one commit. */
export class JointSeat {
  readonly #writer: JointWriter
  readonly #onTaken: (part: JointPart) => void
  #isFree = true
  #refusal: ForgeError | undefined

  constructor(writer: JointWriter, onTaken: (part: JointPart) => void) {
    this.#writer = writer
    this.#onTaken = onTaken
  }

  /** False when the call has committed already, or ended: whatever it commits now is a commit like any other. */
  get isFree(): boolean {
    return this.#isFree
  }

  /** Rejects with COMMIT_INVALID when the seat is one of another store. */
  take(writer: JointWriter, build: JointPart['build'], options: CommitOptions): Promise<CommitPlace> {
    if (writer !== this.#writer)
      return Promise.reject(
        new ForgeError('COMMIT_INVALID', 'a transaction of one store has no part in another one'),
      )
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal)
    this.#isFree = false
    // No promise around this one: commits are heard of in their order, whether they are of a transaction or not.
    return new Promise((resolve, reject) => this.#onTaken({ build, options, resolve, reject }))
  }

  /**
   * The call has ended. @param refusal for one that goes on although nobody waits for it any more: what it commits then is refused
   * @returns whether it was free still
   */
  leave(refusal?: ForgeError): boolean {
    const wasFree = this.#isFree
    this.#refusal = refusal
    this.#isFree = refusal !== undefined
    return wasFree
  }
}

const seats = new AsyncLocalStorage<JointSeat | undefined>()

/** The seat of the present call; undefined where no joint commit is gathering. */
export function presentSeat(): JointSeat | undefined {
  return seats.getStore()
}

/** Runs `call` as if it were called where the seat was kept; for work that somebody else's turn takes over. */
export function atSeat<T>(seat: JointSeat | undefined, call: () => T): T {
  return seats.run(seat, call)
}

/** Transactions of a store. */
export class JointCommits {
  readonly #writer: JointWriter
  readonly #gatherMsMax: number
  readonly #turns = new Turns()
  #closed: ForgeError | undefined
  /** Ends the gathering under way. */
  #giveUp: ((refusal: ForgeError) => void) | undefined

  constructor(writer: JointWriter, o: { readonly gatherMsMax?: number } = {}) {
    this.#writer = writer
    this.#gatherMsMax = o.gatherMsMax ?? GATHER_MS_MAX
  }

  /**
   * Runs the calls side by side, each with a seat, and hands on their commits once every call has taken its seat or ended
   * without. When one ends by an error before that, nothing is handed on, and those that wait are refused.
   * @returns how each call ended
   */
  async run(calls: readonly (() => Promise<unknown>)[]): Promise<readonly PromiseSettledResult<unknown>[]> {
    // Each gathers alone: two that each hold what the other waits for would never end. They are written side by side.
    const { outcomes } = await this.#turns.run(() => this.#gather(calls))
    return await Promise.allSettled(outcomes)
  }

  /** The store closes: what is gathering is given up, and so is what would gather later. What is handed on is not touched. */
  close(refusal: ForgeError): void {
    this.#closed = refusal
    this.#giveUp?.(refusal)
  }

  async #gather(
    calls: readonly (() => Promise<unknown>)[],
  ): Promise<{ readonly outcomes: readonly Promise<unknown>[] }> {
    if (this.#closed !== undefined) throw this.#closed
    // In the order of the calls, not in that of their coming: a seed replays it.
    const parts = Array.from<unknown, JointPart | undefined>(calls, () => undefined)
    let open = calls.length
    let failure: { readonly cause: unknown } | undefined
    const gathered = Promise.withResolvers<void>()
    const arrive = (): void => {
      if (--open === 0) gathered.resolve()
    }
    const late = Promise.withResolvers<never>()
    late.promise.catch(() => undefined)
    let refusal: ForgeError | undefined
    this.#giveUp = (cause) => late.reject((refusal = cause))
    const timer = setTimeout(() => this.#giveUp?.(tooLate(this.#gatherMsMax)), this.#gatherMsMax)
    timer.unref()
    const outcomes = calls.map(async (call, index) => {
      const seat = new JointSeat(this.#writer, (part) => {
        parts[index] = part
        arrive()
      })
      try {
        return await Promise.race([atSeat(seat, call), late.promise])
      } catch (cause) {
        failure ??= { cause }
        throw cause
      } finally {
        if (seat.leave(refusal)) arrive()
      }
    })
    // Whoever called hears of them all, later.
    for (const outcome of outcomes) outcome.catch(() => undefined)
    if (open > 0) await gathered.promise
    clearTimeout(timer)
    this.#giveUp = undefined
    const taken = parts.filter((part) => part !== undefined)
    if (failure === undefined) this.#writer.submitJointly(taken)
    else rejectAll(taken, abandoned(failure.cause))
    return { outcomes }
  }
}

/** For the parts that are well and are not written because another one is not. */
export function abandoned(cause: unknown): ForgeError {
  return new ForgeError('COMMIT_ABANDONED', 'another part of the same transaction was refused', { cause })
}

function tooLate(afterMs: number): ForgeError {
  const message = `a call of the transaction made no commit within ${afterMs} ms`
  return new ForgeError('COMMIT_ABANDONED', message)
}

export function rejectAll(parts: readonly JointPart[], error: ForgeError): void {
  for (const { reject } of parts) reject(error)
}
