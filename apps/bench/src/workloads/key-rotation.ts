import { systemRandom } from '@forgeone/common'
import { Forge } from '@forgeone/storage-manager'
import { compare, type ResultRow } from '../report/result-row.ts'
import { collectGarbage, Samples, seconds, withDirectory, type Workload } from './workload.ts'

const KEY = new Uint8Array(32).fill(7)
const MEBIBYTES_DEFAULT = 1024
const PAYLOAD_BYTES = 16 * 1024
const PER_APPEND = 64
const MEASURE_MS = 5000
const CALLERS = 8

/** Appends beside a rotation of all data keys of a large store, next to the same appends before it. */
export const keyRotation: Workload = {
  name: 'key-rotation',
  summary: 'appends while a store of --n MiB (1,024) is sealed under new keys, next to appends without that',
  async run({ n = MEBIBYTES_DEFAULT }) {
    collectGarbage()
    return await withDirectory((path) => rotateOnce(path, n))
  },
}

async function rotateOnce(path: string, mebibytes: number): Promise<readonly ResultRow[]> {
  await using forge = await Forge.open({ path, secret: { key: KEY }, compaction: 'manual' })
  await fill(forge, mebibytes)
  await forge.flush()
  const rate = new Samples()
  // Once unmeasured, so that what follows meets code that is compiled.
  await appendFor(forge, MEASURE_MS)
  rate.add('without rotation', await appendFor(forge, MEASURE_MS))
  await forge.keys.rotate()
  const startedMs = performance.now()
  const ending = new AbortController()
  const beside = appendUntil(forge, ending.signal)
  const { resealed } = await forge.keys.reseal()
  ending.abort()
  const elapsed = seconds(startedMs)
  rate.add('forgeone', await beside)
  const values = [...resealed.values()].reduce((sum, count) => sum + count, 0)
  const time = new Samples()
  time.add('forgeone', elapsed)
  return [
    ...compare({
      workload: 'key-rotation',
      metric: 'appends beside it',
      unit: '1/s',
      better: 'higher',
      samples: rate.all,
    }),
    ...compare({
      workload: 'key-rotation',
      metric: `re-sealing of ${values} values`,
      unit: 's',
      better: 'lower',
      samples: time.all,
    }),
  ]
}

/** Bytes that do not compress, so that the store is as large as it says. */
async function fill(forge: Forge, mebibytes: number): Promise<void> {
  const perAppendBytes = PAYLOAD_BYTES * PER_APPEND
  for (let written = 0; written < mebibytes * 1024 * 1024; written += perAppendBytes) {
    await forge.events.append(
      Array.from({ length: PER_APPEND }, () => ({
        topic: 'bulk',
        payload: systemRandom.bytes(PAYLOAD_BYTES),
      })),
    )
  }
}

async function appendFor(forge: Forge, milliseconds: number): Promise<number> {
  const ending = new AbortController()
  setTimeout(() => ending.abort(), milliseconds)
  return await appendUntil(forge, ending.signal)
}

/** Appends a second, by a few callers that each wait for theirs. */
async function appendUntil(forge: Forge, signal: AbortSignal): Promise<number> {
  const startedMs = performance.now()
  let count = 0
  const caller = async (): Promise<void> => {
    while (!signal.aborted) {
      await forge.events.append({ topic: 'beside', payload: { count } })
      count++
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  return count / seconds(startedMs)
}
