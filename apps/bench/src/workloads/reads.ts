import { SeededRandom } from '@forgeone/common'
import { START_MS } from '../data/dataset.ts'
import type { BenchEngine, ReadFigures } from '../engines/engine.ts'
import { ENGINES } from '../engines/engines.ts'
import { compare, type ResultRow } from '../report/result-row.ts'
import { collectGarbage, Samples, withDirectory, type Workload, type WorkloadInput } from './workload.ts'

const ENTRIES_DEFAULT = 1_000_000
const HOUR_MS = 3_600_000
const GETS = 20_000
/** A text that some lines of the sample logs hold, and one that none does. */
const SEARCHES = ['authentication failure', 'no such text anywhere']

interface Measured {
  /** Work done per second of it. */
  readonly rate: number
  readonly figures: ReadFigures
}

/** Fills every engine once, then lets them take turns at reading. */
async function readWorkload(
  o: {
    readonly workload: string
    readonly metric: string
    readonly unit: string
    readonly measure: (engine: BenchEngine, input: WorkloadInput) => Promise<Measured>
  },
  input: WorkloadInput,
): Promise<readonly ResultRow[]> {
  const { dataset, n = ENTRIES_DEFAULT, runs } = input
  return await withDirectory(async (root) => {
    const { mkdirSync } = await import('node:fs')
    const opened: BenchEngine[] = []
    for (const name of input.engines) {
      const path = `${root}/${name}`
      mkdirSync(path)
      const filled = ENGINES[name]!()
      await filled.open(path)
      for (const batch of dataset.batches(n)) await filled.appendBatch(batch)
      await filled.close()
      const engine = ENGINES[name]!()
      await engine.open(path)
      opened.push(engine)
    }
    const rate = new Samples()
    for (let run = 0; run < runs; run++) {
      const seen = new Map<string, number>()
      for (const engine of opened) {
        collectGarbage()
        const measured = await o.measure(engine, input)
        rate.add(engine.name, measured.rate)
        seen.set(engine.name, measured.figures.rows)
      }
      assertSameRows(o.workload, seen)
    }
    for (const engine of opened) await engine.close()
    return compare({
      workload: o.workload,
      metric: o.metric,
      unit: o.unit,
      better: 'higher',
      samples: rate.all,
    })
  })
}

/** An engine that finds other rows than the rest is wrong, not fast. */
function assertSameRows(workload: string, seen: ReadonlyMap<string, number>): void {
  const counts = new Set(seen.values())
  if (counts.size > 1)
    throw new Error(`${workload}: the engines return different rows: ${JSON.stringify([...seen])}`)
}

export const range: Workload = {
  name: 'range',
  summary: 'one topic, one hour of it, decoded entries',
  run: (input) =>
    readWorkload(
      {
        workload: 'range',
        metric: 'rows',
        unit: '1/s',
        measure: async (engine, { dataset }) => {
          let figures: ReadFigures = { rows: 0, checksum: 0 }
          const startedMs = performance.now()
          for (let hour = 0; hour < 24; hour++) {
            const topic = dataset.topics[hour % dataset.topics.length]!
            const found = await engine.range({
              topic,
              from: START_MS + hour * HOUR_MS,
              to: START_MS + (hour + 1) * HOUR_MS,
            })
            figures = { rows: figures.rows + found.rows, checksum: figures.checksum + found.checksum }
          }
          return { rate: (figures.rows / (performance.now() - startedMs)) * 1000, figures }
        },
      },
      input,
    ),
}

export const search: Workload = {
  name: 'search',
  summary: 'a substring over all entries of all topics',
  run: (input) =>
    readWorkload(
      {
        workload: 'search',
        metric: 'entries scanned',
        unit: '1/s',
        measure: async (engine, { n = ENTRIES_DEFAULT }) => {
          let rows = 0
          let checksum = 0
          const startedMs = performance.now()
          for (const text of SEARCHES) {
            const found = await engine.search(text)
            rows += found.rows
            checksum += found.checksum
          }
          return {
            rate: ((n * SEARCHES.length) / (performance.now() - startedMs)) * 1000,
            figures: { rows, checksum },
          }
        },
      },
      input,
    ),
}

const sampled = new WeakMap<BenchEngine, readonly string[]>()

export const get: Workload = {
  name: 'get',
  summary: 'entries by id, at random',
  run: (input) =>
    readWorkload(
      {
        workload: 'get',
        metric: 'gets',
        unit: '1/s',
        measure: async (engine) => {
          let ids = sampled.get(engine)
          if (ids === undefined) {
            ids = shuffle(await engine.sampleIds(GETS)).slice(0, GETS / 2)
            sampled.set(engine, ids)
          }
          let rows = 0
          const startedMs = performance.now()
          for (const id of ids) rows += (await engine.get(id)).rows
          const elapsedMs = performance.now() - startedMs
          if (rows !== ids.length) throw new Error(`${engine.name} misses entries it has`)
          return { rate: (rows / elapsedMs) * 1000, figures: { rows: 0, checksum: 0 } }
        },
      },
      input,
    ),
}

/** A random order, the same in every run (Fisher and Yates). */
function shuffle(ids: readonly string[]): string[] {
  const random = new SeededRandom(ids.length)
  const shuffled = [...ids]
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = random.below(last + 1)
    const id = shuffled[last]!
    shuffled[last] = shuffled[other]!
    shuffled[other] = id
  }
  return shuffled
}
