import { execFile, execFileSync } from 'node:child_process'
import { rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fatImage } from '../caches/fat-image.ts'
import { IMAGE_OPERATIONS, timedInOpenedCache, type ImageOperationName } from '../caches/image-operations.ts'
import { median, type ResultRow } from '../report/result-row.ts'
import { childArguments } from './child-arguments.ts'
import { withDirectory, type Workload } from './workload.ts'

const RUNS = 30
/** A gigabyte takes seconds to read. */
const RUNS_LARGE = 5
/** Hits in memory of which each run takes the median. */
const MEMORY_HITS = 5
const LARGE_BYTES = 512 * 1024 * 1024
const MIB = 1024 * 1024
const LONG_AGO_SECONDS = 1_600_000_000
const CASES = [
  { size: '1.44M', bytes: 2 * 80 * 18 * 512, entries: 10, hashes: true },
  { size: '64M', bytes: 64 * MIB, entries: 1_000, hashes: true },
  { size: '64M', bytes: 64 * MIB, entries: 10_000, hashes: false },
  { size: '1G', bytes: 1024 * MIB, entries: 1_000, hashes: true },
] as const

const OPERATIONS: readonly ImageOperationName[] = ['zones', 'listing', 'hash']

/** `fresh` is uncached, with a warm page cache, in a process that was just started, and `disk` is a hit in such a one. */
const SOURCES = ['cold', 'warm', 'fresh', 'disk', 'memory'] as const
type Source = (typeof SOURCES)[number]

/** A process that was just started runs code that is not compiled yet: it is compared with its like. */
const UNCACHED_LIKE = { disk: 'fresh', memory: 'warm' } as const

/** What the cache saves: uncached with a cold and a warm page cache, from disk in a fresh process, from memory. */
export const cacheImages: Workload = {
  name: 'cache-images',
  summary:
    'zones, listings and digests of disk images: uncached, from the disk cache in a fresh process, from memory',
  async run(): Promise<readonly ResultRow[]> {
    const rows: ResultRow[] = []
    for (const one of CASES) {
      await withDirectory(async (directory) => {
        const image = join(directory, 'image.img')
        await writeFile(image, fatImage(one))
        // An image that changed just now is compared again at each call.
        await utimes(image, LONG_AGO_SECONDS, LONG_AGO_SECONDS)
        const runs = one.bytes > LARGE_BYTES ? RUNS_LARGE : RUNS
        for (const operation of OPERATIONS) {
          if (operation === 'hash' && !one.hashes) continue
          const contents = `${one.size}/${one.entries}`
          rows.push(...(await measureImage({ operation, contents, image, directory, runs })))
        }
      })
    }
    return rows
  },
}

/** @param o.contents of the image, for the rows */
export async function measureImage(o: {
  readonly operation: ImageOperationName
  readonly contents: string
  readonly image: string
  readonly directory: string
  readonly runs: number
}): Promise<readonly ResultRow[]> {
  const name = `${o.operation} ${o.contents}`
  const times: Record<Source, number[]> = { cold: [], warm: [], fresh: [], disk: [], memory: [] }
  // The first run warms up.
  for (let run = -1; run < o.runs; run++) {
    const taken = await measuredOnce(o)
    if (run >= 0) for (const source of SOURCES) times[source].push(taken[source])
  }
  return SOURCES.flatMap((source): ResultRow[] => {
    const base = { workload: 'cache-images', engine: source, unit: 'ms' }
    const value = median(times[source])
    const isHit = source === 'disk' || source === 'memory'
    const ratio = isHit ? median(times[UNCACHED_LIKE[source]]) / value : null
    return [
      { ...base, metric: name, value, ratio },
      { ...base, metric: `${name} p99`, value: p99(times[source]), ratio: null },
    ]
  })
}

async function measuredOnce({
  operation,
  image,
  directory,
}: {
  readonly operation: ImageOperationName
  readonly image: string
  readonly directory: string
}): Promise<Readonly<Record<Source, number>>> {
  const ask = IMAGE_OPERATIONS[operation]
  const dbPath = join(directory, 'cache')
  const emptied = async (): Promise<void> => await rm(dbPath, { recursive: true, force: true })
  const dropped = (): void =>
    void execFileSync('dd', [`if=${image}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
  await emptied()
  dropped()
  const cold = await timedInOpenedCache(dbPath, (images) => ask(images, image))
  await emptied()
  const warm = await timedInOpenedCache(dbPath, (images) => ask(images, image))
  await emptied()
  const fresh = await freshMs({ dbPath, image, operation, isCached: false })
  const disk = await freshMs({ dbPath, image, operation, isCached: true })
  const memory = await timedInOpenedCache(dbPath, async (images) => {
    await ask(images, image)
    const hits: number[] = []
    // One after the other; the first of them shares its time with what loading the entry has left to the collector.
    for (let hit = 0; hit < MEMORY_HITS; hit++) hits.push(await timed(async () => await ask(images, image)))
    return median(hits)
  })
  return { cold: cold.ms, warm: warm.ms, fresh, disk, memory: memory.result }
}

/**
 * How long a process that was just started takes; starting it, and opening the cache, is not counted.
 * @param o.isCached what is measured; it fails when the answer came from elsewhere
 */
export async function freshMs(o: {
  readonly dbPath: string
  readonly image: string
  readonly operation: ImageOperationName
  readonly isCached: boolean
}): Promise<number> {
  const child = childArguments('ask-image', o.dbPath, o.image, o.operation)
  const { stdout } = await promisify(execFile)(process.execPath, child)
  // Printed by the child in this shape.
  const { ms, isCached } = JSON.parse(stdout) as { readonly ms: number; readonly isCached: boolean }
  if (isCached !== o.isCached)
    throw new Error(`${o.operation} of ${o.image} was ${isCached ? '' : 'not '}in the cache`)
  return ms
}

function p99(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.ceil(0.99 * sorted.length) - 1]!
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await action()
  return performance.now() - startedMs
}
