import { ForgeError, isForgeError } from './forge-error.ts'

/** Notes what is wrong at a place in the health of a store, or takes it back. */
export type ReportProblem = (problem: ForgeError | undefined, where: string) => void

/**
 * Work that nobody asked for and that is tried again by itself. What fails is told once, as a reason that stands for as
 * long as it goes on failing, and is taken back when it works again.
 */
export class BackgroundWork {
  readonly #where: string
  readonly #report: ReportProblem
  #toldAs: string | undefined

  /** @param where names the work, such as `compaction of logs` */
  constructor(where: string, report: ReportProblem = () => undefined) {
    this.#where = where
    this.#report = report
  }

  /** Never rejects. @returns whether it worked */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
    } catch (cause) {
      this.failed(cause)
      return false
    }
    this.succeeded()
    return true
  }

  succeeded(): void {
    if (this.#toldAs === undefined) return
    this.#toldAs = undefined
    this.#report(undefined, this.#where)
  }

  failed(cause: unknown): void {
    // It was ended, which is no failure.
    if (isForgeError(cause, 'STORE_CLOSED')) return
    const problem = problemOf(this.#where, cause)
    const told = `${problem.code} ${problem.message}`
    if (told === this.#toldAs) return
    if (this.#toldAs !== undefined) this.#report(undefined, this.#where)
    this.#toldAs = told
    this.#report(problem, this.#where)
  }
}

function problemOf(where: string, cause: unknown): ForgeError {
  if (isForgeError(cause)) {
    const { code, message, details, hint } = cause
    return new ForgeError(code, `${where} keeps failing: ${message}`, { cause, details, hint })
  }
  // Texts of strangers may hold anything; the cause is kept for whoever debugs.
  return new ForgeError('BACKGROUND_FAILED', `${where} keeps failing`, { cause })
}
