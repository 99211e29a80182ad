/** One measured figure. `ratio` compares ForgeOne with the engine of the row: above 1 is better for ForgeOne. */
export interface ResultRow {
  readonly workload: string
  readonly engine: string
  readonly metric: string
  readonly value: number
  readonly unit: string
  readonly ratio: number | null
}

export type Better = 'higher' | 'lower'

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Samples of one metric by engine, ForgeOne's among them, as rows with ratios. */
export function compare(o: {
  readonly workload: string
  readonly metric: string
  readonly unit: string
  readonly better: Better
  readonly samples: ReadonlyMap<string, readonly number[]>
}): readonly ResultRow[] {
  const ours = median(o.samples.get('forgeone') ?? [Number.NaN])
  return [...o.samples].map(([engine, values]) => {
    const value = median(values)
    const ratio = engine === 'forgeone' ? null : o.better === 'higher' ? ours / value : value / ours
    return { workload: o.workload, engine, metric: o.metric, value, unit: o.unit, ratio }
  })
}
