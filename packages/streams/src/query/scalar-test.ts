import type { JsonValue } from '@forgeone/common'
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
 * A comparison over text and JSON values. Two decimal numbers compare as numbers, also when one is written in a string;
 * all else compares as text by UTF-16 units. Objects and arrays have no order.
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
  const wantedNumber = decimal(wanted)
  const isEquality = operator === '=' || operator === '!='
  return (value, text) => {
    if (typeof value === 'object' && value !== null && !isEquality) return false
    if (wantedNumber !== undefined) {
      // For equality a string must be the same text: "007" is not 7.
      const number =
        typeof value === 'number'
          ? value
          : typeof value === 'string' && !isEquality
            ? decimal(value)
            : undefined
      if (number !== undefined) return holds(operator, number - wantedNumber)
    }
    const own = text()
    return holds(operator, own === wanted ? 0 : own < wanted ? -1 : 1)
  }
}

function decimal(text: string): number | undefined {
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : undefined
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
