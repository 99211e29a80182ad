import { SearchPaused, StepBudget } from './step-budget.ts'

/** A search in one text after another that can rest in the middle of one. */
export interface TextSearch {
  /** Begins with a text. */
  begin(text: string): void
  /** Goes on until it is known, or the budget is spent: undefined. */
  run(budget: StepBudget): boolean | undefined
}

/**
 * A search as a predicate. It remembers the last text, so that a row that was left in the middle of its tests is taken
 * up where it was: those that were answered answer at once.
 * @throws SearchPaused when the budget is spent
 */
export function pausable(
  search: TextSearch,
  budget: StepBudget = new StepBudget(Infinity),
): (text: string) => boolean {
  let begun: string | undefined
  let answer: boolean | undefined
  return (text) => {
    if (text !== begun) {
      search.begin(text)
      begun = text
      answer = undefined
    }
    answer ??= search.run(budget)
    if (answer === undefined) throw new SearchPaused()
    return answer
  }
}
