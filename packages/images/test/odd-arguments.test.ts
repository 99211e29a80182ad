import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { levelDatabase, MetadataCache } from '@forgeone/cache/persistent'
import { ODD_VALUES, oddCallFault } from '@forgeone/common/testing'
import { MemoryLevel } from 'memory-level'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestsOf, FileSource, ImageCatalogue, ImageReader, memorySource } from '../src/index.ts'
import { scratch } from './image-tools.ts'

/** One parameter of a public method, and how a call with a value in its place is made. */
type OddCall = readonly [name: string, call: (odd: never) => unknown]

const root = scratch()
const image = join(root, 'disk.img')
const bytes = gunzipSync(readFileSync(join(import.meta.dirname, 'golden', 'mbr.img.gz')))
let cache: MetadataCache
let images: ImageCatalogue
let file: FileSource

beforeAll(async () => {
  writeFileSync(image, bytes)
  const database = levelDatabase(
    new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' }),
  )
  cache = await MetadataCache.open({ database })
  images = new ImageCatalogue({ cache })
  file = await FileSource.open(image)
})
afterAll(async () => {
  await file.close()
  await cache.close()
  rmSync(root, { recursive: true })
})

const source = memorySource(new Uint8Array(bytes))
const reader = (): ImageReader => new ImageReader({ source })
const drained = async (pieces: AsyncIterable<unknown>): Promise<unknown> => await Array.fromAsync(pieces)
/** No generator: `yield` would look at the values itself. */
function pieces(...given: unknown[]): AsyncIterable<Uint8Array> {
  const next = async (): Promise<IteratorResult<Uint8Array>> =>
    given.length === 0
      ? { done: true, value: undefined }
      : { done: false, value: given.shift() as Uint8Array }
  return { [Symbol.asyncIterator]: () => ({ next }) }
}

const readerCalls: readonly OddCall[] = [
  ['ImageReader', (odd) => new ImageReader(odd).size],
  ['ImageReader, source', async (odd) => await new ImageReader({ source: odd }).zones()],
  ['ImageReader, clock', async (odd) => await new ImageReader({ source, clock: odd }).list(0, '')],
  ['open, path', async (odd) => await (await ImageReader.open(odd)).close()],
  ['open, options', async (odd) => await (await ImageReader.open(image, odd)).close()],
  ['open, clock', async (odd) => await (await ImageReader.open(image, { clock: odd })).close()],
  ['territory, zone', async (odd) => await reader().territory(odd)],
  ['territory, options', async (odd) => await reader().territory(1, odd)],
  ['territory, signal', async (odd) => await reader().territory(1, { signal: odd })],
  ['territoryType', async (odd) => await reader().territoryType(odd)],
  ['list, zone', async (odd) => await reader().list(odd, '')],
  ['list, path', async (odd) => await reader().list(1, odd)],
  ['list, options', async (odd) => await reader().list(1, '', odd)],
  ['list, offset', async (odd) => await reader().list(1, '', { offset: odd })],
  ['list, limit', async (odd) => await reader().list(1, '', { limit: odd })],
  ['list, signal', async (odd) => await reader().list(1, '', { signal: odd })],
  ['stat, zone', async (odd) => await reader().stat(odd, 'README.TXT')],
  ['stat, path', async (odd) => await reader().stat(1, odd)],
  ['stat, options', async (odd) => await reader().stat(1, 'README.TXT', odd)],
  ['read, zone', async (odd) => await drained(reader().read(odd, 'README.TXT'))],
  ['read, path', async (odd) => await drained(reader().read(1, odd))],
  ['read, options', async (odd) => await drained(reader().read(1, 'README.TXT', odd))],
  ['read, signal', async (odd) => await drained(reader().read(1, 'README.TXT', { signal: odd }))],
]

const sourceCalls: readonly OddCall[] = [
  ['memorySource', async (odd) => await memorySource(odd).read(0, 1)],
  ['memorySource, offset', async (odd) => await source.read(odd, 1)],
  ['memorySource, length', async (odd) => await source.read(0, odd)],
  ['FileSource.open', async (odd) => await (await FileSource.open(odd)).close()],
  ['FileSource, offset', async (odd) => await file.read(odd, 1)],
  ['FileSource, length', async (odd) => await file.read(0, odd)],
  ['digestsOf', async (odd) => await digestsOf(odd)],
  ['digestsOf, a piece', async (odd) => await digestsOf(pieces(new Uint8Array(1), odd))],
  ['digestsOf, options', async (odd) => await digestsOf(pieces(), odd)],
  ['digestsOf, onProgress', async (odd) => await digestsOf(pieces(new Uint8Array(1)), { onProgress: odd })],
]

const readme = { zoneIndex: 1, path: 'README.TXT' }
const catalogueCalls: readonly OddCall[] = [
  ['ImageCatalogue', (odd) => new ImageCatalogue(odd)],
  ['ImageCatalogue, cache', async (odd) => await new ImageCatalogue({ cache: odd }).zones(image)],
  ['ImageCatalogue, clock', async (odd) => await new ImageCatalogue({ cache, clock: odd }).zones(image)],
  ['vault', async (odd) => await images.vault(odd)],
  ['digests, path', async (odd) => await images.digests(odd)],
  ['digests, options', async (odd) => await images.digests(image, odd)],
  ['digests, signal', async (odd) => await images.digests(image, { signal: odd })],
  ['digests, onProgress', async (odd) => await images.digests(image, { onProgress: odd })],
  ['zones', async (odd) => await images.zones(odd)],
  ['catalogue territory, path', async (odd) => await images.territory(odd, 1)],
  ['catalogue territory, zone', async (odd) => await images.territory(image, odd)],
  ['catalogue territory, options', async (odd) => await images.territory(image, 1, odd)],
  ['catalogue list, path', async (odd) => await images.list(odd, { zoneIndex: 1, path: '' })],
  ['catalogue list, place', async (odd) => await images.list(image, odd)],
  ['catalogue list, zone', async (odd) => await images.list(image, { zoneIndex: odd, path: '' })],
  ['catalogue list, path inside', async (odd) => await images.list(image, { zoneIndex: 1, path: odd })],
  ['catalogue list, options', async (odd) => await images.list(image, { zoneIndex: 1, path: '' }, odd)],
  ['file, path', async (odd) => await images.file(odd, readme)],
  ['file, place', async (odd) => await images.file(image, odd)],
  ['file, zone', async (odd) => await images.file(image, { ...readme, zoneIndex: odd })],
  ['file, path inside', async (odd) => await images.file(image, { ...readme, path: odd })],
  ['file, options', async (odd) => await images.file(image, readme, odd)],
  ['invalidate', async (odd) => await images.invalidate(odd)],
  ['verify, path', async (odd) => await images.verify(odd)],
  ['verify, options', async (odd) => await images.verify(image, odd)],
]

describe.each([...readerCalls, ...sourceCalls, ...catalogueCalls])('%s', (_name, call) => {
  it('takes every odd value or refuses it with a code', async () => {
    const faults: string[] = []
    // One after another: they share a cache.
    for (const { name, make } of ODD_VALUES) {
      const fault = await oddCallFault(() => call(make() as never))
      if (fault !== undefined) faults.push(`${name}: ${fault}`)
    }
    expect(faults).toEqual([])
  })
})

it('an option that is not there is refused with the name that was meant', async () => {
  await expect(reader().list(1, '', { limits: 3 } as never)).rejects.toThrow('did you mean limit?')
})

it('a part of a listing, a zone or a flag that is no number is refused and not taken for another', async () => {
  for (const call of [
    () => reader().list(1, '', { limit: -1 }),
    () => reader().list(1, '', { offset: 1.5 }),
    () => reader().territory('1' as never),
    () => images.list(image, { zoneIndex: '1' as never, path: '' }),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'IMAGE_ARGUMENT_INVALID' })
  await expect(reader().territory(7)).rejects.toMatchObject({ code: 'IMAGE_PATH_UNKNOWN' })
})

it('a FIFO is refused at once and not waited for', async () => {
  const fifo = join(root, 'fifo')
  execFileSync('mkfifo', [fifo])
  await expect(ImageReader.open(fifo)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' })
})
