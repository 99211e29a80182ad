/**
 * What the plan of a commit changed in memory before the store had taken it. When the store refuses the commit all of
 * it is put back, newest first, so that the next plan begins where this one did.
 */
export class PlanChanges {
  #undo: (() => void)[] = []

  note(undo: () => void): void {
    this.#undo.push(undo)
  }

  undo(): void {
    for (const one of this.#undo.toReversed()) one()
    this.#undo = []
  }
}
