/** A copy of exactly that length: an array that grows by itself takes up to half as much again. */
export function lengthened<T>(items: readonly (T | undefined)[], length: number): (T | undefined)[] {
  const longer: (T | undefined)[] = []
  longer.length = length
  longer.fill(undefined)
  for (const [index, item] of items.entries()) longer[index] = item
  return longer
}

export function lengthenedNumbers(numbers: Float64Array, length: number): Float64Array {
  const longer = new Float64Array(length)
  longer.set(numbers)
  return longer
}
