import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { ForgeError, SeededRandom } from '@forgeone/common'
import { describe, expect, inject, it } from 'vitest'
import { ImageReader, memorySource } from '../src/index.ts'

const GOLDEN = join(import.meta.dirname, 'golden')
const images = readdirSync(GOLDEN).filter((name) => name.endsWith('.gz'))
/** For each of six images: more than 100,000 changed images in the long tier. */
const ROUNDS = inject('isLongTier') ? 17_000 : 250
const ENTRIES_VISITED = 200

/** Reads what there is; a coded error ends a branch, any other error fails the test. */
async function readAll(image: Uint8Array): Promise<string> {
  const reader = new ImageReader({ source: memorySource(image) })
  const seen: string[] = []
  let visited = 0
  const guarded = async (action: () => Promise<void>): Promise<void> => {
    try {
      await action()
    } catch (error) {
      if (!(error instanceof ForgeError) || error.code === 'INTERNAL') throw error
      seen.push(error.code)
    }
  }
  const visit = async (zone: number, path: string): Promise<void> => {
    const { occupants, partial } = await reader.list(zone, path, { limit: ENTRIES_VISITED })
    if (partial !== undefined) seen.push(partial)
    for (const { name, isDirectory, size } of occupants) {
      if (++visited > ENTRIES_VISITED) return
      seen.push(`${zone}/${path}/${name} ${size}`)
      expect(name).not.toMatch(/[/\0]/)
      if (isDirectory && path.split('/').length < 5)
        await guarded(async () => await visit(zone, path === '' ? name : `${path}/${name}`))
    }
  }
  await guarded(async () => {
    const { zones, tableType, findings } = await reader.zones()
    seen.push(tableType, ...findings)
    for (const { index } of zones) {
      await guarded(async () => void seen.push(JSON.stringify(await reader.territory(index))))
      await guarded(async () => await visit(index, ''))
    }
  })
  return seen.join('\n')
}

const unpacked = (name: string): Uint8Array => new Uint8Array(gunzipSync(readFileSync(join(GOLDEN, name))))

describe.each(images)('the golden image %s', (name) => {
  it('reads as it was made', async () => {
    const expected = readFileSync(join(GOLDEN, name.replace(/\.gz$/, '.txt')), 'utf8')
    expect(`${await readAll(unpacked(name))}\n`).toBe(expected)
  })

  it('never crashes or hangs the reader, whatever bits are changed', async () => {
    const image = unpacked(name)
    const random = new SeededRandom(3)
    // Structures lie near the start: most changes go there.
    for (let round = 0; round < ROUNDS; round++) {
      // Changed in place and put back: copying a large image takes longer than reading it.
      const before: [at: number, byte: number][] = []
      for (let change = 1 + random.below(8); change > 0; change--) {
        const at = random.below(random.below(3) === 0 ? image.length : Math.min(image.length, 70_000))
        before.push([at, image[at]!])
        image[at] = random.below(2) === 0 ? random.below(256) : image[at]! ^ (1 << random.below(8))
      }
      await readAll(image)
      for (const [at, byte] of before.toReversed()) image[at] = byte
    }
  })

  it('never crashes the reader wherever it is cut', async () => {
    const image = unpacked(name)
    const random = new SeededRandom(4)
    for (const length of [0, 1, 511, 512, 513, 1024, 2048, 32_768, 36_864])
      await readAll(image.subarray(0, length))
    for (let round = 0; round < ROUNDS / 5; round++)
      await readAll(image.subarray(0, random.below(image.length)))
  })
})

const bootRecord = (
  entries: readonly (readonly [type: number, start: number, sectors: number])[],
): Uint8Array => {
  const sector = new Uint8Array(512)
  const view = new DataView(sector.buffer)
  for (const [index, [type, start, sectors]] of entries.entries()) {
    sector[446 + 16 * index + 4] = type
    view.setUint32(446 + 16 * index + 8, start, true)
    view.setUint32(446 + 16 * index + 12, sectors, true)
  }
  view.setUint16(510, 0xaa55, true)
  return sector
}

describe('an image that is hostile', () => {
  it('with a loop of extended records gives the zones found, and says that the chain was cut', async () => {
    const image = new Uint8Array(512 * 100)
    image.set(bootRecord([[0x05, 10, 80]]), 0)
    image.set(
      bootRecord([
        [0x83, 1, 5],
        [0x05, 10, 20],
      ]),
      512 * 10,
    )
    image.set(
      bootRecord([
        [0x83, 1, 5],
        [0x05, 0, 20],
      ]),
      512 * 20,
    )
    const reader = new ImageReader({ source: memorySource(image) })
    expect(await reader.zones()).toMatchObject({
      findings: ['chain-cut'],
      zones: [{ offset: 512 * 11 }, { offset: 512 * 21 }],
    })
  })

  it('with zones beyond its end or over each other says so and reads no further', async () => {
    const image = new Uint8Array(512 * 100)
    image.set(
      bootRecord([
        [0x0c, 10, 4_000_000_000],
        [0x83, 20, 10],
      ]),
      0,
    )
    const reader = new ImageReader({ source: memorySource(image) })
    expect((await reader.zones()).findings.toSorted()).toEqual(['beyond-end', 'overlap'])
    await expect(reader.list(0, '')).rejects.toMatchObject({ code: 'IMAGE_UNSUPPORTED' })
    await expect(reader.territory(7)).rejects.toMatchObject({ code: 'IMAGE_PATH_UNKNOWN' })
  })

  it('with a directory whose chain of clusters loops gives what it read, marked as partial', async () => {
    const image = unpacked('fat16.img.gz')
    const view = new DataView(image.buffer)
    const fat = view.getUint16(14, true) * 512
    const reader = () => new ImageReader({ source: memorySource(image) })
    const before = await reader().list(0, 'DIRECTORY')
    expect(before.partial).toBeUndefined()
    // Each cluster after itself: whichever is the directory's, it loops.
    for (let cluster = 2; cluster < 4000; cluster++) view.setUint16(fat + 2 * cluster, cluster, true)
    image.fill(0x20, 0, 0)
    const after = await reader().list(0, 'DIRECTORY')
    expect(after.occupants.length).toBeLessThanOrEqual(before.occupants.length)
  })

  it('asks for no more memory than one read may take', async () => {
    const source = memorySource(new Uint8Array(17 * 1024 * 1024))
    await expect(source.read(0, 17 * 1024 * 1024)).rejects.toMatchObject({ code: 'IMAGE_LIMIT' })
    await expect(source.read(2 ** 60, 1)).rejects.toMatchObject({ code: 'IMAGE_TRUNCATED' })
    await expect(source.read(-1, 1)).rejects.toMatchObject({ code: 'IMAGE_TRUNCATED' })
  })
})
