import { compileSafeRegex } from '../regex/safe-regex.ts'
import type { StepBudget } from '../regex/step-budget.ts'
import { pausable } from '../regex/text-search.ts'
import type { TextTest } from './ast.ts'
import { PhraseSearch } from './phrase-search.ts'

export type TextPredicate = (text: string) => boolean

/** Compiles a text test. @throws STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT, STREAM_QUERY_SYNTAX for a hand-made tree */
export function compileTextTest(test: TextTest, budget: StepBudget | undefined): TextPredicate {
  switch (test.kind) {
    case 'phrase':
      return pausable(new PhraseSearch(test), budget)
    case 'substring': {
      const { text: wanted } = test
      return (text) => text.includes(wanted)
    }
    case 'regex':
      return pausable(compileSafeRegex(test.source).search(), budget)
  }
}
