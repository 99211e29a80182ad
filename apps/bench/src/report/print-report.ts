import { cpus, totalmem } from 'node:os'
import type { ResultRow } from './result-row.ts'

export function machineFacts(): Readonly<Record<string, string | number>> {
  return {
    node: process.versions.node,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 1024 ** 3),
    platform: `${process.platform} ${process.arch}`,
    date: new Date().toISOString(),
  }
}

export function printRows(rows: readonly ResultRow[]): void {
  for (const { workload, engine, metric, value, unit, ratio } of rows) {
    const figure = value >= 1000 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3)
    const against = ratio === null ? '' : `ForgeOne ${ratio.toFixed(2)}x`
    process.stdout.write(
      `${workload.padEnd(18)} ${engine.padEnd(14)} ${metric.padEnd(16)} ${figure.padStart(14)} ${unit.padEnd(10)} ${against}\n`,
    )
  }
}
