import { asBuffer } from '@forgeone/common'

export interface LiteralSearch {
  /** Texts back to back. */
  readonly text: Uint8Array
  /** One more than there are texts. */
  readonly offsets: Uint32Array
  /** At least one; all of them must occur in a text. */
  readonly literals: readonly Uint8Array[]
}

/** Finds the longest literal over all texts at once, then looks for the others in the texts that hit. */
export function rowsWithLiterals({ text, offsets, literals }: LiteralSearch): number[] {
  const [longest, ...others] = literals.toSorted((left, right) => right.length - left.length)
  const count = offsets.length - 1
  const all = asBuffer(text)
  const rows: number[] = []
  let row = 0
  for (let at = all.indexOf(longest!); at !== -1;) {
    while (row < count && offsets[row + 1]! <= at) row++
    const end = offsets[row + 1]!
    if (at + longest!.length > end) {
      // The hit straddles two rows.
      at = all.indexOf(longest!, at + 1)
      continue
    }
    const one = all.subarray(offsets[row]!, end)
    if (others.every((literal) => one.indexOf(literal) !== -1)) rows.push(row)
    at = all.indexOf(longest!, end)
  }
  return rows
}
