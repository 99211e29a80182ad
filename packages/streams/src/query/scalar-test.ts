import { compareDecimals, decimalOf, parseDecimal, type JsonValue } from '@forgeone/common'
import type { CompareOperator, ScalarTest } from './ast.ts'

/** A comparison over an ordered number, such as a level or a time; values were turned into numbers. */
export function compileNumberTest<Scalar extends string>(
  test: ScalarTest<Scalar>,
  numberOf: (scalar: Scalar) => number,
): (value: number) => boolean {
  switch (test.kind) {
    case 'compare': {
      const wanted = numberOf(test.value)
      const { operator } = test
      return (value) => holds(operator, value - wanted)
    }
    case 'range': {
      const from = numberOf(test.from)
      const to = numberOf(test.to)
      const { fromIncluded, toIncluded } = test
      return (value) =>
        (fromIncluded ? value >= from : value > from) && (toIncluded ? value <= to : value < to)
    }
    case 'in': {
      const wanted = new Set(test.values.map(numberOf))
      return (value) => wanted.has(value)
    }
  }
}

/**
 * A comparison over text and JSON values. An order test with a number holds for numbers and for texts that are numbers,
 * by their digits; one with another text holds for texts alone, by UTF-16 units. Nothing else has an order.
 */
export function compileValueTest(test: ScalarTest): (value: JsonValue, text: () => string) => boolean {
  switch (test.kind) {
    case 'compare':
      return compileComparison(test.operator, test.value)
    case 'range': {
      const above = compileComparison(test.fromIncluded ? '>=' : '>', test.from)
      const below = compileComparison(test.toIncluded ? '<=' : '<', test.to)
      return (value, text) => above(value, text) && below(value, text)
    }
    case 'in': {
      const equals = test.values.map((wanted) => compileComparison('=', wanted))
      return (value, text) => equals.some((isEqual) => isEqual(value, text))
    }
  }
}

function compileComparison(
  operator: CompareOperator,
  wanted: string,
): (value: JsonValue, text: () => string) => boolean {
  const wantedNumber = parseDecimal(wanted)
  if (operator === '=' || operator === '!=') {
    return (value, text) => {
      // A string must be the same text: "007" is not 7.
      if (wantedNumber !== undefined && typeof value === 'number')
        return holds(operator, compareDecimals(decimalOf(value), wantedNumber))
      return holds(operator, text() === wanted ? 0 : 1)
    }
  }
  if (wantedNumber === undefined)
    return (value) =>
      typeof value === 'string' && holds(operator, value === wanted ? 0 : value < wanted ? -1 : 1)
  return (value) => {
    if (typeof value === 'number' && value !== wantedNumber.near)
      return holds(operator, value - wantedNumber.near)
    const number =
      typeof value === 'number'
        ? decimalOf(value)
        : typeof value === 'string'
          ? parseDecimal(value)
          : undefined
    return number !== undefined && holds(operator, compareDecimals(number, wantedNumber))
  }
}

/** True when `left operator right` holds for a difference of left and right. */
function holds(operator: CompareOperator, difference: number): boolean {
  switch (operator) {
    case '=':
      return difference === 0
    case '!=':
      return difference !== 0
    case '>':
      return difference > 0
    case '>=':
      return difference >= 0
    case '<':
      return difference < 0
    case '<=':
      return difference <= 0
  }
}
