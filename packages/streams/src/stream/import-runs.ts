/** Runs that are remembered; one that is forgotten could take two files with the same beginning for one that grew. */
const RUNS_MAX = 10_000

/**
 * Which sources were read in a run. Files that lie side by side are different ones, however much of them is the same: none goes on
 * where another ended.
 */
export class ImportRuns {
  readonly #runs = new Map<string, Set<number>>()

  /** The numbers of the sources that a run has read; whoever reads one more adds and takes away what it is. */
  readOf(run: string): Set<number> {
    const known = this.#runs.get(run)
    if (known !== undefined) return known
    const read = new Set<number>()
    this.#runs.set(run, read)
    const [oldest] = this.#runs.keys()
    if (this.#runs.size > RUNS_MAX && oldest !== undefined) this.#runs.delete(oldest)
    return read
  }
}
