import { mkdirSync, rmSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ImageReader, type Occupant } from '../src/index.ts'
import { blank, embed, haveTools, makeFat, makeTree, run, runWithInput, scratch } from './image-tools.ts'

const MIB = 1024 * 1024
const root = scratch()
const at = (name: string): string => join(root, name)
afterAll(() => rmSync(root, { recursive: true }))

const hasFat = haveTools('mkfs.fat', 'mcopy', 'mdir', 'minfo')
const hasTables = haveTools('sfdisk', 'sgdisk')
const hasIso = haveTools('genisoimage', 'isoinfo')
const hasSleuth = haveTools('fls', 'mmls', 'fsstat')

beforeAll(() => {
  mkdirSync(at('tree'))
  makeTree(at('tree'))
})

async function everything(image: string, zoneIndex: number): Promise<ReadonlyMap<string, Occupant>> {
  await using reader = await ImageReader.open(image)
  const found = new Map<string, Occupant>()
  const visit = async (path: string): Promise<void> => {
    for (const occupant of (await reader.list(zoneIndex, path)).occupants) {
      const inside = path === '' ? occupant.name : `${path}/${occupant.name}`
      found.set(inside, occupant)
      if (occupant.isDirectory) await visit(inside)
    }
  }
  await visit('')
  return found
}

/** What sleuthkit says: type, path, modification time in seconds, size. */
function sleuthed(
  image: string,
  offset: number,
  fsType: string,
): ReadonlyMap<string, { modified: number; size: number; isDirectory: boolean }> {
  const text = run(
    'fls',
    '-r',
    '-p',
    '-l',
    '-u',
    '-z',
    'UTC',
    '-f',
    fsType,
    '-o',
    String(offset / 512),
    image,
  )
  const found = new Map<string, { modified: number; size: number; isDirectory: boolean }>()
  for (const line of text.split('\n')) {
    const [kind, ...fields] = line.split('\t')
    const [name, modified, , , , size] = fields
    if (
      kind === undefined ||
      name === undefined ||
      /^\$|\(Volume Label Entry\)$/.test(name) ||
      kind.startsWith('V/V') ||
      kind.startsWith('v/v')
    )
      continue
    found.set(name, {
      modified: Date.parse(`${modified!.replace(' (UTC)', '').replace(' ', 'T')}Z`),
      size: Number(size),
      isDirectory: kind.startsWith('d/d'),
    })
  }
  return found
}

// Only where the tools are installed.
describe.skipIf(!hasFat)('FAT volumes as mtools and sleuthkit see them', () => {
  const kinds = [
    { bits: 12, bytes: 1_474_560, type: 'FAT12', label: 'FLOPPY' },
    { bits: 16, bytes: 32 * MIB, type: 'FAT16', label: 'STICK' },
    { bits: 32, bytes: 64 * MIB, type: 'FAT32', label: undefined },
  ] as const

  it.each(kinds)('$type: names, sizes, times, label and free space', async ({ bits, bytes, type, label }) => {
    const image = makeFat(at(`${type}.img`), { bits, bytes, tree: at('tree'), ...(label && { label }) })
    const ours = await everything(image, 0)
    const listed = run('mdir', '-b', '-/', '-a', '-i', image, '::')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/^::\//, '').replace(/\/$/, ''))
    expect([...ours.keys()].toSorted()).toEqual(listed.toSorted())
    await using reader = await ImageReader.open(image)
    const facts = await reader.territory(0)
    expect([facts.territoryType, facts.banner]).toEqual([type, label ?? ''])
    const free = /([\d ]+) bytes free/.exec(run('mdir', '-i', image, '::'))![1]!.replaceAll(' ', '')
    expect(facts.liberatedSpace).toBe(Number(free))
    expect(await reader.zones()).toMatchObject({ tableType: 'None', zones: [{ offset: 0, length: bytes }] })
    const content: Uint8Array[] = []
    for await (const piece of reader.read(0, 'directory/nested one/A LONG NAME with blanks.TXT'))
      content.push(piece)
    expect(Buffer.concat(content)).toEqual(readFileSync(at('tree/a long name with blanks.txt')))
  })

  // Only where the tools are installed.
  it.skipIf(!hasSleuth)('every entry has the size and time that fls gives', async () => {
    const image = makeFat(at('fls.img'), { bits: 16, bytes: 32 * MIB, tree: at('tree') })
    const ours = await everything(image, 0)
    const theirs = sleuthed(image, 0, 'fat16')
    expect([...ours.keys()].toSorted()).toEqual([...theirs.keys()].toSorted())
    for (const [path, { modified, size, isDirectory }] of theirs) {
      expect([path, ours.get(path)!.modified, ours.get(path)!.isDirectory]).toEqual([
        path,
        modified,
        isDirectory,
      ])
      if (!isDirectory) expect([path, ours.get(path)!.size]).toEqual([path, size])
    }
  })

  it('a directory of 400 entries, deleted ones among them', async () => {
    mkdirSync(at('many/all'), { recursive: true })
    // Short names: mtools takes minutes to find free ones for many long names.
    for (let index = 0; index < 400; index++) writeFileSync(at(`many/all/E${index}`), '')
    const image = makeFat(at('many.img'), { bits: 16, bytes: 32 * MIB, tree: at('many') })
    run('sh', '-c', `mdel -i '${image}' '::/all/E1*'`)
    await using reader = await ImageReader.open(image)
    const { occupants, partial } = await reader.list(0, 'all')
    const left = Array.from({ length: 400 }, (_, index) => `E${index}`).filter(
      (name) => !name.startsWith('E1'),
    )
    expect([occupants.map(({ name }) => name).toSorted(), partial]).toEqual([left.toSorted(), undefined])
    const page = await reader.list(0, 'all', { offset: 100, limit: 50 })
    expect([page.occupants, page.partial]).toEqual([occupants.slice(100, 150), 'limit'])
  })
})

interface SfdiskTable {
  readonly partitiontable: {
    readonly partitions: readonly { readonly start: number; readonly size: number; readonly type: string }[]
  }
}

function sfdiskZones(
  image: string,
): readonly { readonly offset: number; readonly length: number; readonly type: string }[] {
  // The shape is that of the tool's documentation.
  const { partitiontable } = JSON.parse(run('sfdisk', '--json', image)) as SfdiskTable
  return partitiontable.partitions
    .filter(({ type }) => !['5', 'f', '85'].includes(type))
    .map(({ start, size, type }) => ({ offset: start * 512, length: size * 512, type: type.toLowerCase() }))
}

const makeGpt = (name: string): string => {
  const image = blank(at(name), 100 * MIB)
  run(
    'sgdisk',
    '-n',
    '1:2048:+70M',
    '-t',
    '1:ef00',
    '-c',
    '1:boot é',
    '-n',
    '2:0:0',
    '-t',
    '2:12345678-1234-1234-1234-123456789abc',
    image,
  )
  embed(
    image,
    2048 * 512,
    makeFat(at(`${name}.fat`), { bits: 32, bytes: 70 * MIB, tree: at('tree'), label: 'EFI' }),
  )
  return image
}

// Only where the tools are installed.
describe.skipIf(!hasTables || !hasFat)('partition tables as sfdisk, sgdisk and mmls see them', () => {
  it('MBR with two primary and two logical partitions', async () => {
    const image = blank(at('mbr.img'), 100 * MIB)
    runWithInput(
      '2048,20480,c\n22528,20480,83\n43008,,5\n45056,20480,6\n67584,20480,82\n',
      'sfdisk',
      '-q',
      image,
    )
    const fat = makeFat(at('inner.img'), { bits: 16, bytes: 20480 * 512, tree: at('tree'), label: 'INNER' })
    embed(image, 45056 * 512, fat)
    await using reader = await ImageReader.open(image)
    const { tableType, zones, findings } = await reader.zones()
    expect([tableType, findings]).toEqual(['MBR', []])
    expect(zones.map(({ offset, length }) => ({ offset, length }))).toEqual(
      sfdiskZones(image).map(({ offset, length }) => ({ offset, length })),
    )
    expect(zones.map(({ zoneType }) => zoneType)).toEqual([
      '0x0c FAT32 (LBA)',
      '0x83 Linux',
      '0x06 FAT16',
      '0x82 Linux swap',
    ])
    expect((await reader.territory(2)).banner).toBe('INNER')
    expect((await everything(image, 2)).size).toBe(22)
    if (!hasSleuth) return
    const starts = [...run('mmls', '-a', image).matchAll(/^\d+:\s+(\d\d\d:\d\d\d)\s+(\d+)\s+/gm)].map(
      (match) => Number(match[2]) * 512,
    )
    expect(starts).toEqual(zones.map(({ offset }) => offset))
  })

  it('GPT with FAT32 and an unknown type; its backup when the primary is broken; neither when both are', async () => {
    const image = makeGpt('gpt.img')
    const expected = sfdiskZones(image)
    const zonesOf = async () => {
      await using reader = await ImageReader.open(image)
      return await reader.zones()
    }
    const whole = await zonesOf()
    expect([whole.tableType, whole.findings]).toEqual(['GPT', []])
    expect(
      whole.zones.map(({ offset, length, zoneType }) => ({ offset, length, type: zoneType.split(' ')[0] })),
    ).toEqual(expected)
    expect(whole.zones[0]!.name).toBe('boot é')
    expect((await everything(image, 0)).size).toBe(22)
    const bytes = readFileSync(image)
    bytes[1024]! ^= 1
    writeFileSync(image, bytes)
    expect(await zonesOf()).toEqual({ ...whole, findings: ['backup-used'] })
    bytes[1024]! ^= 1
    bytes[bytes.length - 512 + 20]! ^= 1
    writeFileSync(image, bytes)
    expect(await zonesOf()).toEqual({ ...whole, findings: ['backup-damaged'] })
    bytes[512 + 20]! ^= 1
    writeFileSync(image, bytes)
    expect(await zonesOf()).toMatchObject({ tableType: 'GPT', zones: [], findings: ['table-damaged'] })
  })
})

const make = (name: string, ...flags: readonly string[]): string => {
  run('genisoimage', '-quiet', '-V', 'THE DISC', ...flags, '-o', at(name), at('tree'))
  return at(name)
}

const isoinfo = (image: string, ...flags: readonly string[]): readonly string[] =>
  run('isoinfo', '-f', ...flags, '-i', image)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(1).replace(/;1$/, '').replace(/\.$/, ''))

// isoinfo writes one byte for a character that is not ASCII.
const plain = (names: Iterable<string>): readonly string[] =>
  [...names].map((one) => one.replaceAll(/[^ -~]/gu, '?')).toSorted()

// Only where the tools are installed.
describe.skipIf(!hasIso)('ISO 9660 as isoinfo sees it', () => {
  it.each([
    { name: 'joliet.iso', flags: ['-J', '-R'], read: ['-J'] },
    { name: 'rockridge.iso', flags: ['-R'], read: ['-R'] },
    { name: 'plain.iso', flags: [], read: [] },
  ])('$name: names, sizes, label', async ({ name, flags, read }) => {
    const image = make(name, ...flags)
    const ours = await everything(image, 0)
    const isJoliet = read.includes('-J')
    const listed = isoinfo(image, ...read)
    expect(isJoliet ? plain(ours.keys()) : [...ours.keys()].toSorted()).toEqual(
      isJoliet ? plain(listed) : listed.toSorted(),
    )
    await using reader = await ImageReader.open(image)
    expect(await reader.zones()).toMatchObject({ tableType: 'None' })
    const facts = await reader.territory(0)
    expect([facts.territoryType, facts.banner, facts.liberatedSpace]).toEqual(['ISO9660', 'THE DISC', 0])
    const blocks = Number(/Volume size is: (\d+)/.exec(run('isoinfo', '-d', '-i', image))![1])
    expect(facts.domainSize).toBe(blocks * 2048)
    const end = [...ours].find(([path]) => /end\.bin$/i.test(path))![0]
    const pieces: Uint8Array[] = []
    for await (const piece of reader.read(0, end)) pieces.push(piece)
    expect(Buffer.concat(pieces)).toEqual(readFileSync(at('tree/directory/nested one/deeper/end.bin')))
    expect(ours.get(end)!.size).toBe(5000)
  })

  it('has the times that the files had', async () => {
    const ours = await everything(make('times.iso', '-J'), 0)
    expect(ours.get('README.TXT')!.modified).toBe(1_600_000_000_000)
    expect(ours.get('directory/MiXeD.CaSe')!.modified).toBe(1_600_432_000_000)
  })
})

describe('other file systems', () => {
  // Only where the tools are installed.
  it.skipIf(!haveTools('mke2fs'))('are named: ext2, ext3 and ext4 with label and sizes', async () => {
    for (const type of ['ext2', 'ext3', 'ext4']) {
      const image = blank(at(`${type}.img`), 16 * MIB)
      run('mke2fs', '-q', '-F', '-t', type, '-L', `my ${type}`, image)
      await using reader = await ImageReader.open(image)
      const facts = await reader.territory(0)
      expect(facts).toMatchObject({
        territoryType: type,
        banner: `my ${type}`,
        domainSize: 16 * MIB,
        hierarchical: false,
      })
      await expect(reader.list(0, '')).rejects.toMatchObject({ code: 'IMAGE_UNSUPPORTED' })
    }
  })

  it('are named by their magic, and unknown without one', async () => {
    const cases = [
      [3, 'NTFS    ', 'NTFS'],
      [3, 'EXFAT   ', 'exFAT'],
      [0, 'XFSB', 'XFS'],
      [0, 'hsqs', 'squashfs'],
      [0x10040, '_BHRfS_M', 'Btrfs'],
      [4086, 'SWAPSPACE2', 'swap'],
      [0x8801, 'NSR03', 'UDF'],
      [0, '', 'unknown'],
    ] as const
    for (const [offset, magic, name] of cases) {
      const bytes = Buffer.alloc(MIB)
      bytes.write(magic, offset, 'latin1')
      writeFileSync(at('magic.img'), bytes)
      await using reader = await ImageReader.open(at('magic.img'))
      expect((await reader.territory(0)).territoryType).toBe(name)
    }
  })
})
