// Numbers as they are written, compared without a detour over doubles, which hold 15 digits for sure and no more.

const DECIMAL = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

/** A number by its digits: `sign * 0.digits * 10^exponent`, without zeros in front or behind; zero has sign 0. */
export interface Decimal {
  readonly sign: -1 | 0 | 1
  readonly digits: string
  readonly exponent: bigint
  /** The nearest double: where those of two numbers differ, they say which one is greater. */
  readonly near: number
}

/** A text that is a number: digits, with a sign, a point and an exponent of ten where it has them. */
export function parseDecimal(text: string): Decimal | undefined {
  // Most texts are no numbers, and most of those say so in their first character.
  const first = text.charCodeAt(0)
  if (!(first <= 0x39 && first >= 0x2b)) return undefined
  const found = DECIMAL.exec(text)
  if (found === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = found
  const all = `${whole}${fraction}`
  const start = all.search(/[1-9]/)
  if (start < 0) return { sign: 0, digits: '', exponent: 0n, near: 0 }
  return {
    sign: sign === '-' ? -1 : 1,
    digits: withoutZerosBehind(all.slice(start)),
    exponent: BigInt(whole.length - start) + BigInt(exponent),
    near: Number(text),
  }
}

/** The number that a double is shown as. */
export function decimalOf(value: number): Decimal {
  // Every finite number is written as digits, with an exponent where they are many.
  return parseDecimal(String(value))!
}

export function compareDecimals(left: Decimal, right: Decimal): number {
  if (left.near !== right.near) return left.near < right.near ? -1 : 1
  if (left.sign !== right.sign) return left.sign - right.sign
  if (left.exponent !== right.exponent) return left.exponent < right.exponent ? -left.sign : left.sign
  if (left.digits === right.digits) return 0
  return left.digits < right.digits ? -left.sign : left.sign
}

/** By hand: a pattern of zeros at the end takes quadratic time over zeros in the middle. */
function withoutZerosBehind(digits: string): string {
  let end = digits.length
  while (digits.charCodeAt(end - 1) === 0x30) end--
  return digits.slice(0, end)
}
