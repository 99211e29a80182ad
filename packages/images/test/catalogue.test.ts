import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync, appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { MemoryLevel } from 'memory-level'
import { levelDatabase, MetadataCache } from '@forgeone/cache/persistent'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { ImageCatalogue } from '../src/index.ts'
import { scratch } from './image-tools.ts'

const root = scratch()
const image = join(root, 'disk.img')
const golden = (name: string): Buffer =>
  gunzipSync(readFileSync(join(import.meta.dirname, 'golden', `${name}.gz`)))
afterAll(() => rmSync(root, { recursive: true }))

beforeEach(() => {
  writeFileSync(image, golden('mbr.img'))
  utimesSync(image, 1_600_000_000, 1_600_000_000)
})

async function open(): Promise<{ cache: MetadataCache; images: ImageCatalogue }> {
  const database = levelDatabase(
    new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' }),
  )
  const cache = await MetadataCache.open({ database })
  return { cache, images: new ImageCatalogue({ cache }) }
}

describe('the catalogue', () => {
  it('reads once and then answers from the cache', async () => {
    const { images } = await open()
    const place = { zoneIndex: 1, path: '/directory/' }
    for (const isCached of [false, true]) {
      expect(await images.vault(image)).toMatchObject({ isCached })
      expect(await images.zones(image)).toMatchObject({
        isCached,
        record: { tableType: 'MBR', zones: [{ territoryType: 'FAT12' }, {}] },
      })
      expect(await images.territory(image, 1)).toMatchObject({ isCached, record: { banner: 'GOLDEN' } })
      expect((await images.list(image, place)).isCached).toBe(isCached)
      expect((await images.file(image, { zoneIndex: 1, path: 'README.TXT' })).isCached).toBe(isCached)
    }
    expect(await images.digests(image)).toMatchObject({ isCached: false })
    expect(await images.digests(image)).toMatchObject({
      isCached: true,
      record: { md5: expect.stringMatching(/^[0-9a-f]{32}$/) },
    })
  })

  it('notices a change of the image between two reads, and reads anew', async () => {
    const { images, cache } = await open()
    await images.zones(image)
    await images.list(image, { zoneIndex: 0, path: '' })
    writeFileSync(image, golden('gpt.img'))
    utimesSync(image, 1_600_000_500, 1_600_000_500)
    expect(await images.zones(image)).toMatchObject({ isCached: false, record: { tableType: 'GPT' } })
    expect((await cache.stats()).fingerprintChanges).toBe(1)
    expect((await images.zones(image)).isCached).toBe(true)
  })

  it('does not give digests of an image that changes while it is read', async () => {
    const { images } = await open()
    let isChanged = false
    const onProgress = (): void => {
      if (!isChanged) appendFileSync(image, 'more')
      isChanged = true
    }
    await expect(images.digests(image, { onProgress })).rejects.toMatchObject({ code: 'IMAGE_CHANGED' })
    expect((await images.digests(image)).isCached).toBe(false)
  })

  it('forgets an image when told, and verifies what it knows', async () => {
    const { images } = await open()
    await images.zones(image)
    await images.territory(image, 0)
    expect(await images.verify(image)).toEqual([])
    expect((await images.invalidate(image)).removed).toBe(2)
    expect((await images.zones(image)).isCached).toBe(false)
  })

  it('names what verification finds to differ', async () => {
    const { images, cache } = await open()
    const { record } = await images.zones(image)
    await cache.put('zones', { ...record, tableType: 'GPT' })
    expect(await images.verify(image)).toEqual(['zones'])
  })

  it('says what is wrong with a path', async () => {
    const { images } = await open()
    mkdirSync(join(root, 'folder'), { recursive: true })
    await expect(images.zones(join(root, 'absent'))).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' })
    await expect(images.zones(join(root, 'folder'))).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' })
    await expect(images.list(image, { zoneIndex: 9, path: '' })).rejects.toMatchObject({
      code: 'IMAGE_PATH_UNKNOWN',
    })
    await expect(images.list(image, { zoneIndex: 0, path: 'no/such' })).rejects.toMatchObject({
      code: 'IMAGE_PATH_UNKNOWN',
    })
    await expect(images.list(image, { zoneIndex: 0, path: 'a/'.repeat(70) })).rejects.toMatchObject({
      code: 'IMAGE_LIMIT',
    })
  })

  it('stops when it is told to', async () => {
    const { images } = await open()
    await expect(images.digests(image, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    )
  })
})
