/** What a condition requires of a row, before it becomes a plan. Conditions a field cannot express are left out. */
export interface RowBounds {
  /** Patterns of which the topic matches at least one. */
  readonly topics: readonly string[] | undefined
  readonly from: number
  /** Exclusive. */
  readonly to: number
  readonly levels: number
  /** Texts that must all occur in the text column. */
  readonly literals: readonly string[]
  /** Tokens of a filter (`filter/tokens.ts`) that are all in the text column. */
  readonly tokens: readonly string[]
  /** True when the bounds say all: a row within them matches. */
  readonly isExact: boolean
}

/** Bounds that every row meets. */
export function anything({ isExact }: { readonly isExact: boolean }): RowBounds {
  return { topics: undefined, from: -Infinity, to: Infinity, levels: -1, literals: [], tokens: [], isExact }
}
