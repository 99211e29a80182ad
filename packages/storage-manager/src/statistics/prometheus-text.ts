import type { MetricReading } from '@forgeone/common'
import type { ForgeStatistics } from './forge-statistics.ts'

const PREFIX = 'forge_'

/**
 * What a store holds and its counters in the text format that Prometheus and OpenTelemetry collectors scrape, of media type
 * `text/plain; version=0.0.4`. Counters begin anew when the store is opened. No name of a topic is told.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function prometheusText(o: {
  readonly metrics: ReadonlyMap<string, MetricReading>
  readonly statistics: ForgeStatistics
}): string {
  const { metrics, statistics } = o
  const held: [string, MetricReading][] = [
    ['store_disk_bytes', gauge(statistics.bytesOnDisk)],
    ['store_raw_bytes', gauge(statistics.rawBytes)],
    ['store_commits', gauge(statistics.commits)],
    ['store_entries', gauge(statistics.entries)],
    ['store_topics', gauge(statistics.topics.length)],
    ['store_healthy', gauge(statistics.state === 'healthy' ? 1 : 0)],
  ]
  return [...held, ...metrics].flatMap(([name, reading]) => linesOf(`${PREFIX}${name}`, reading)).join('')
}

function gauge(value: number): MetricReading {
  return { kind: 'gauge', value }
}

function linesOf(name: string, reading: MetricReading): readonly string[] {
  if (reading.kind !== 'histogram') return [`# TYPE ${name} ${reading.kind}\n`, line(name, reading.value)]
  return [
    `# TYPE ${name} summary\n`,
    line(`${name}_sum`, reading.sum),
    line(`${name}_count`, reading.count),
    `# TYPE ${name}_max gauge\n`,
    line(`${name}_max`, reading.max),
  ]
}

/** Go's spelling of numbers that are none of decimal digits. */
function line(name: string, value: number): string {
  const text = Number.isFinite(value)
    ? String(value)
    : Number.isNaN(value)
      ? 'NaN'
      : value > 0
        ? '+Inf'
        : '-Inf'
  return `${name} ${text}\n`
}
