/** A reading of one metric. Histograms give their count, sum and largest value. */
export type MetricReading =
  | { readonly kind: 'counter' | 'gauge'; readonly value: number }
  | { readonly kind: 'histogram'; readonly count: number; readonly sum: number; readonly max: number }

/**
 * Counters, gauges and histograms of one store, by name (`journal_bytes_total`). Units stand last in the name.
 * Names are fixed in code; they never hold topics or other content, so their number is bounded.
 */
export class Metrics {
  readonly #counters = new Map<string, number>()
  readonly #gauges = new Map<string, () => number>()
  readonly #histograms = new Map<string, { count: number; sum: number; max: number }>()

  add(name: string, amount: number = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + amount)
  }

  /** Registers a value that is read when somebody asks. */
  gauge(name: string, read: () => number): void {
    this.#gauges.set(name, read)
  }

  observe(name: string, value: number): void {
    const histogram = this.#histograms.get(name)
    if (histogram === undefined) {
      this.#histograms.set(name, { count: 1, sum: value, max: value })
      return
    }
    histogram.count++
    histogram.sum += value
    histogram.max = Math.max(histogram.max, value)
  }

  counter(name: string): number {
    return this.#counters.get(name) ?? 0
  }

  /** All readings, sorted by name. */
  read(): Map<string, MetricReading> {
    const readings: [string, MetricReading][] = []
    for (const [name, value] of this.#counters) readings.push([name, { kind: 'counter', value }])
    for (const [name, read] of this.#gauges) readings.push([name, { kind: 'gauge', value: read() }])
    for (const [name, histogram] of this.#histograms)
      readings.push([name, { kind: 'histogram', ...histogram }])
    return new Map(readings.sort(([left], [right]) => (left < right ? -1 : 1)))
  }
}
