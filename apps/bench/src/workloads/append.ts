import type { Dataset } from '../data/dataset.ts'
import { ENGINES } from '../engines/engines.ts'
import { compare, type ResultRow } from '../report/result-row.ts'
import {
  collectGarbage,
  Samples,
  seconds,
  withDirectory,
  type Workload,
  type WorkloadInput,
} from './workload.ts'

/** Callers that each await one durable append after the other. */
function appendWorkload(o: {
  name: string
  summary: string
  callers: number
  appendsDefault: number
}): Workload {
  return {
    name: o.name,
    summary: o.summary,
    async run({
      dataset,
      n = o.appendsDefault,
      runs,
      engines,
    }: WorkloadInput): Promise<readonly ResultRow[]> {
      const rate = new Samples()
      for (let run = 0; run < runs; run++) {
        for (const name of engines) {
          collectGarbage()
          rate.add(name, await measure({ name, callers: o.callers, appends: n, dataset }))
        }
      }
      return compare({
        workload: o.name,
        metric: 'appends',
        unit: '1/s',
        better: 'higher',
        samples: rate.all,
      })
    },
  }
}

async function measure(o: {
  name: string
  callers: number
  appends: number
  dataset: Dataset
}): Promise<number> {
  return await withDirectory(async (path) => {
    const engine = ENGINES[o.name]!()
    await engine.open(path)
    const each = Math.floor(o.appends / o.callers)
    const startedMs = performance.now()
    await Promise.all(
      Array.from({ length: o.callers }, async (_, caller) => {
        for (let index = 0; index < each; index++)
          await engine.appendOne(o.dataset.one(caller * each + index))
      }),
    )
    const elapsed = seconds(startedMs)
    await engine.close()
    return (each * o.callers) / elapsed
  })
}

export const appendConcurrent: Workload = appendWorkload({
  name: 'append-concurrent',
  summary: 'single durable appends, 64 callers',
  callers: 64,
  appendsDefault: 20_000,
})

export const appendSingle: Workload = appendWorkload({
  name: 'append-single',
  summary: 'single durable appends, one caller that awaits each',
  callers: 1,
  appendsDefault: 5000,
})
