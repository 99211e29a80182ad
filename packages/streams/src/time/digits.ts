/**
 * Fixed-width decimal digits of a text, read without slicing: these run for every imported line.
 * A place that holds no digit gives a negative number.
 */

const NO_DIGIT = -1

/** The digit at `at`, or a negative number. */
export function oneDigit(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 48
  return digit >= 0 && digit <= 9 ? digit : NO_DIGIT
}

/** The number of two digits at `at`, or a negative number. */
export function twoDigits(text: string, at: number): number {
  const high = text.charCodeAt(at) - 48
  const low = text.charCodeAt(at + 1) - 48
  // Past the end charCodeAt gives NaN, for which every comparison is false.
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : NO_DIGIT
}

/** The number of four digits at `at`, or a negative number. */
export function fourDigits(text: string, at: number): number {
  const high = twoDigits(text, at)
  const low = twoDigits(text, at + 2)
  return high < 0 || low < 0 ? NO_DIGIT : high * 100 + low
}

/** How many digits stand at `at`, counted up to `most`. */
export function countDigits(text: string, at: number, most: number): number {
  let count = 0
  while (count < most && oneDigit(text, at + count) >= 0) count += 1
  return count
}
