import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dataset } from '../data/dataset.ts'
import type { ResultRow } from '../report/result-row.ts'

export interface WorkloadInput {
  readonly dataset: Dataset
  /** Entries, or calls, as the workload defines; undefined: its default. */
  readonly n: number | undefined
  readonly runs: number
  readonly engines: readonly string[]
  /** A log of the user's own. */
  readonly file?: string | undefined
  /** Of compaction. */
  readonly level?: 'fast' | 'default' | 'max' | undefined
  /** What a search looks for. */
  readonly query?: string | undefined
  /** Files of cache requests. */
  readonly traces?: readonly string[] | undefined
  /** The one cache policy to run. */
  readonly policy?: string | undefined
  /** Sizes of caches. */
  readonly entries?: readonly number[] | undefined
}

export interface Workload {
  readonly name: string
  readonly summary: string
  run(input: WorkloadInput): Promise<readonly ResultRow[]>
}

/** Samples by engine, filled run by run, so that the engines take turns. */
export class Samples {
  readonly #byEngine = new Map<string, number[]>()

  add(engine: string, value: number): void {
    const values = this.#byEngine.get(engine)
    if (values === undefined) this.#byEngine.set(engine, [value])
    else values.push(value)
  }

  get all(): ReadonlyMap<string, readonly number[]> {
    return this.#byEngine
  }
}

/** A directory that is gone afterwards; on the disk of the temporary files, or where FORGE_BENCH_DIR says. */
export async function withDirectory<T>(action: (path: string) => Promise<T>): Promise<T> {
  const path = mkdtempSync(join(process.env['FORGE_BENCH_DIR'] ?? tmpdir(), 'forgeone-bench-'))
  try {
    return await action(path)
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}

export function directoryTreeBytes(path: string): number {
  let bytes = 0
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size
  }
  return bytes
}

/** Garbage of one engine must not be collected on another's time. */
export function collectGarbage(): void {
  globalThis.gc?.()
}

export function seconds(startedMs: number): number {
  return (performance.now() - startedMs) / 1000
}
