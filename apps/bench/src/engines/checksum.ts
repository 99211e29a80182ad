/** Touches every field of a row, so that lazily decoded ones are decoded. */
export function rowChecksum(row: {
  readonly id: string
  readonly topic: string
  readonly timestamp: number
  readonly severity: string
  readonly message: string
}): number {
  return (
    (row.timestamp % 1000) +
    row.message.length +
    row.topic.length +
    row.severity.length +
    (row.id.length > 0 ? 1 : 0)
  )
}
