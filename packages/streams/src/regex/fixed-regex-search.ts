import type { RegexNode } from './regex-syntax.ts'
import type { StepBudget } from './step-budget.ts'
import type { TextSearch } from './text-search.ts'

/** Characters tried at one place of a text, over all ways to match there. */
const TRIALS_MAX = 32

/** All ways to go through a node, and the longest of them. */
interface Ways {
  readonly count: number
  readonly length: number
}

/**
 * Whether trying every way at every place takes at most {@link TRIALS_MAX} steps a place: nothing in it repeats without
 * bound, and there are few ways. Such an expression is linear in JavaScript's engine too, which is faster.
 */
export function isShortAndFixed(node: RegexNode): boolean {
  const { count, length } = waysThrough(node)
  return count * length <= TRIALS_MAX
}

function waysThrough(node: RegexNode): Ways {
  switch (node.kind) {
    case 'character':
    case 'position':
      return { count: 1, length: 1 }
    case 'sequence': {
      const parts = node.nodes.map(waysThrough)
      return {
        count: parts.reduce((product, part) => product * part.count, 1),
        length: parts.reduce((sum, part) => sum + part.length, 1),
      }
    }
    case 'choice': {
      const parts = node.nodes.map(waysThrough)
      return {
        count: parts.reduce((sum, part) => sum + part.count, 0),
        length: Math.max(...parts.map((part) => part.length)),
      }
    }
    case 'repeat': {
      if (node.max > TRIALS_MAX) return { count: Infinity, length: Infinity }
      const { count, length } = waysThrough(node.node)
      const counts = node.max - node.min + 1
      return { count: counts * count ** node.max, length: Math.max(1, node.max * length) }
    }
  }
}

/**
 * The expression for JavaScript's engine. Modes of groups are left to the automaton, since V8 lets them leak and folds
 * too little in them; those of the whole expression are flags.
 */
export function nativeExpression(source: string): RegExp | undefined {
  const folded = /^\(\?i:(.*)\)$/su.exec(source)?.[1]
  const inner = folded ?? source
  if (/\(\?(?![:<])/.test(inner)) return undefined
  try {
    return new RegExp(inner, folded === undefined ? 'u' : 'iu')
  } catch {
    // The first parenthesis is not closed by the last one.
    return undefined
  }
}

/** Searches with JavaScript's engine; only for expressions that {@link isShortAndFixed} allows. */
export class FixedRegexSearch implements TextSearch {
  readonly #expression: RegExp
  #text = ''

  constructor(expression: RegExp) {
    this.#expression = expression
  }

  begin(text: string): void {
    this.#text = text
  }

  run(budget: StepBudget): boolean | undefined {
    if (budget.isSpent) return undefined
    budget.take(this.#text.length)
    return this.#expression.test(this.#text)
  }
}
