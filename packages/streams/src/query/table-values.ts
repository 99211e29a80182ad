import type { JsonValue } from '@forgeone/common'

/** Absent values first, then numbers, then texts, then the rest by its JSON. */
export function compareValues(left: JsonValue | undefined, right: JsonValue | undefined): number {
  const ranks = rank(left) - rank(right)
  if (ranks !== 0) return ranks
  if (typeof left === 'number' && typeof right === 'number') return left - right
  const [leftText, rightText] = [textOf(left), textOf(right)]
  return leftText < rightText ? -1 : leftText > rightText ? 1 : 0
}

function rank(value: JsonValue | undefined): number {
  if (value === undefined || value === null) return 0
  if (typeof value === 'number') return 1
  return typeof value === 'string' ? 2 : 3
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
