import { execFileSync } from 'node:child_process'
import { rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MetadataCache } from '@forgeone/cache'
import { ImageCatalogue } from '@forgeone/images'
import { fatImage } from '../caches/fat-image.ts'
import { median, type ResultRow } from '../report/result-row.ts'
import { withDirectory, type Workload } from './workload.ts'

const RUNS = 30
/** A gigabyte takes seconds to read. */
const RUNS_LARGE = 5
const LARGE_BYTES = 512 * 1024 * 1024
const MIB = 1024 * 1024
const LONG_AGO_SECONDS = 1_600_000_000
const CASES = [
  { size: '1.44M', bytes: 2 * 80 * 18 * 512, entries: 10, hashes: true },
  { size: '64M', bytes: 64 * MIB, entries: 1_000, hashes: true },
  { size: '64M', bytes: 64 * MIB, entries: 10_000, hashes: false },
  { size: '1G', bytes: 1024 * MIB, entries: 1_000, hashes: true },
] as const

type Operation = (images: ImageCatalogue, image: string) => Promise<unknown>

const OPERATIONS: Readonly<Record<string, Operation>> = {
  zones: async (images, image) => await images.zones(image),
  listing: async (images, image) => await images.list(image, { zoneIndex: 0, path: 'LISTED' }),
  hash: async (images, image) => await images.digests(image),
}

type Source = 'cold' | 'warm' | 'disk' | 'memory'

/** What the cache saves: uncached with a cold and a warm page cache, from disk by a cache opened anew, from memory. */
export const cacheImages: Workload = {
  name: 'cache-images',
  summary: 'zones, listings and digests of disk images: uncached, from the disk cache, from memory',
  async run(): Promise<readonly ResultRow[]> {
    const rows: ResultRow[] = []
    for (const one of CASES) {
      await withDirectory(async (directory) => {
        const image = join(directory, 'image.img')
        await writeFile(image, fatImage(one))
        // An image that changed just now is compared again at each call.
        await utimes(image, LONG_AGO_SECONDS, LONG_AGO_SECONDS)
        for (const [name, operation] of Object.entries(OPERATIONS)) {
          if (name === 'hash' && !one.hashes) continue
          rows.push(
            ...(await measured({
              name: `${name} ${one.size}/${one.entries}`,
              operation,
              image,
              directory,
              runs: one.bytes > LARGE_BYTES ? RUNS_LARGE : RUNS,
            })),
          )
        }
      })
    }
    return rows
  },
}

async function measured(o: {
  readonly name: string
  readonly operation: Operation
  readonly image: string
  readonly directory: string
  readonly runs: number
}): Promise<readonly ResultRow[]> {
  const times: Record<Source, number[]> = { cold: [], warm: [], disk: [], memory: [] }
  // The first run warms up.
  for (let run = -1; run < o.runs; run++) {
    const taken = await measuredOnce(o)
    if (run >= 0) for (const source of SOURCES) times[source].push(taken[source])
  }
  const warm = median(times.warm)
  return SOURCES.flatMap((source): ResultRow[] => {
    const base = { workload: 'cache-images', engine: source, unit: 'ms' }
    const isUncached = source === 'cold' || source === 'warm'
    const ratio = isUncached ? null : warm / median(times[source])
    return [
      { ...base, metric: o.name, value: median(times[source]), ratio },
      { ...base, metric: `${o.name} p99`, value: p99(times[source]), ratio: null },
    ]
  })
}

const SOURCES: readonly Source[] = ['cold', 'warm', 'disk', 'memory']

async function measuredOnce({
  operation,
  image,
  directory,
}: {
  readonly operation: Operation
  readonly image: string
  readonly directory: string
}): Promise<Readonly<Record<Source, number>>> {
  const dbPath = join(directory, 'cache')
  const emptied = async (): Promise<void> => await rm(dbPath, { recursive: true, force: true })
  const dropped = (): void =>
    void execFileSync('dd', [`if=${image}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
  await emptied()
  dropped()
  const cold = await once(dbPath, (images) => operation(images, image))
  await emptied()
  const warm = await once(dbPath, (images) => operation(images, image))
  const disk = await once(dbPath, (images) => operation(images, image))
  const memory = await once(dbPath, async (images) => {
    await operation(images, image)
    return await timed(async () => await operation(images, image))
  })
  return { cold: cold.ms, warm: warm.ms, disk: disk.ms, memory: memory.result }
}

/** In a cache opened anew; opening it is not counted. */
async function once<T>(
  dbPath: string,
  action: (images: ImageCatalogue) => Promise<T>,
): Promise<{ readonly ms: number; readonly result: T }> {
  await using cache = await MetadataCache.open({ config: { dbPath } })
  const images = new ImageCatalogue({ cache })
  const startedMs = performance.now()
  const result = await action(images)
  return { ms: performance.now() - startedMs, result }
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
