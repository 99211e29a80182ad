/** Place of a row among the ascending rows of a column that holds it. */
export function placeOfRow(rows: Uint32Array, wanted: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return low
}
