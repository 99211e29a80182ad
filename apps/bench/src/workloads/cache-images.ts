import { rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MetadataCache } from '@forgeone/cache'
import { ImageCatalogue } from '@forgeone/images'
import { fatImage } from '../caches/fat-image.ts'
import { median, type ResultRow } from '../report/result-row.ts'
import { withDirectory, type Workload } from './workload.ts'

const RUNS = 15
const MIB = 1024 * 1024
const LONG_AGO_SECONDS = 1_600_000_000
const CASES = [
  { bytes: 4 * MIB, entries: 10, hashes: true },
  { bytes: 64 * MIB, entries: 1_000, hashes: true },
  { bytes: 64 * MIB, entries: 10_000, hashes: false },
  { bytes: 1024 * MIB, entries: 1_000, hashes: true },
] as const

type Operation = (images: ImageCatalogue, image: string) => Promise<unknown>

const OPERATIONS: Readonly<Record<string, Operation>> = {
  zones: async (images, image) => await images.zones(image),
  listing: async (images, image) => await images.list(image, { zoneIndex: 0, path: 'LISTED' }),
  hash: async (images, image) => await images.digests(image),
}

/** What the cache saves: uncached with a warm page cache, from disk by a cache opened anew, and from memory. */
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
              name: `${name} ${one.bytes / MIB}M/${one.entries}`,
              operation,
              image,
              directory,
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
}): Promise<readonly ResultRow[]> {
  const dbPath = join(o.directory, 'cache')
  const times: Record<'uncached' | 'disk' | 'memory', number[]> = { uncached: [], disk: [], memory: [] }
  for (let run = 0; run < RUNS; run++) {
    await rm(dbPath, { recursive: true, force: true })
    const first = await MetadataCache.open({ config: { dbPath } })
    const images = new ImageCatalogue({ cache: first })
    times.uncached.push(await timed(async () => await o.operation(images, o.image)))
    times.memory.push(await timed(async () => await o.operation(images, o.image)))
    await first.close()
    const second = await MetadataCache.open({ config: { dbPath } })
    const reopened = new ImageCatalogue({ cache: second })
    times.disk.push(await timed(async () => await o.operation(reopened, o.image)))
    await second.close()
  }
  const uncached = median(times.uncached)
  return Object.entries(times).map(([engine, values]) => ({
    workload: 'cache-images',
    engine,
    metric: o.name,
    value: median(values),
    unit: 'ms',
    ratio: engine === 'uncached' ? null : uncached / median(values),
  }))
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await action()
  return performance.now() - startedMs
}
