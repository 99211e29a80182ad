import { compareDecimals, decimalOf, parseDecimal, type Decimal, type JsonValue } from '@forgeone/common'

/** Absent values first, then numbers and texts that are numbers, then other texts, then the rest by its JSON. */
export function compareValues(left: JsonValue | undefined, right: JsonValue | undefined): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  const [leftNumber, rightNumber] = [numberOf(left), numberOf(right)]
  const ranks = rank(left, leftNumber) - rank(right, rightNumber)
  if (ranks !== 0) return ranks
  if (leftNumber !== undefined && rightNumber !== undefined) {
    const order = compareDecimals(leftNumber, rightNumber)
    if (order !== 0) return order
  }
  const [leftText, rightText] = [textOf(left), textOf(right)]
  return leftText < rightText ? -1 : leftText > rightText ? 1 : 0
}

function numberOf(value: JsonValue | undefined): Decimal | undefined {
  if (typeof value === 'number') return decimalOf(value)
  return typeof value === 'string' ? parseDecimal(value) : undefined
}

function rank(value: JsonValue | undefined, number: Decimal | undefined): number {
  if (value === undefined || value === null) return 0
  if (number !== undefined) return 1
  return typeof value === 'string' ? 2 : 3
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
