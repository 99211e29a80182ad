import type { BlockSource } from '../source/block-source.ts'
import { Fields } from '../source/little-endian.ts'
import type { TerritoryFacts } from './territory.ts'

interface Magic {
  readonly territoryType: string
  readonly at: number
  readonly text: string
}

/** File systems that are known by name only. */
const MAGICS: readonly Magic[] = [
  { territoryType: 'exFAT', at: 3, text: 'EXFAT   ' },
  { territoryType: 'NTFS', at: 3, text: 'NTFS    ' },
  { territoryType: 'XFS', at: 0, text: 'XFSB' },
  { territoryType: 'squashfs', at: 0, text: 'hsqs' },
  { territoryType: 'Btrfs', at: 0x10040, text: '_BHRfS_M' },
  { territoryType: 'swap', at: 4086, text: 'SWAPSPACE2' },
  { territoryType: 'UDF', at: 0x8801, text: 'NSR02' },
  { territoryType: 'UDF', at: 0x9001, text: 'NSR02' },
  { territoryType: 'UDF', at: 0x8801, text: 'NSR03' },
  { territoryType: 'UDF', at: 0x9001, text: 'NSR03' },
]

const EXT_AT = 1024
const EXT_BYTES = 264
const EXT_MAGIC = 0xef53
const EXT3_HAS_JOURNAL = 0x4
/** Extents, 64 bit or flexible groups: what ext4 alone has. */
const EXT4_FEATURES = 0x2c0
const UNKNOWN_BLOCK_BYTES = 512

/** Names a file system by its magic; `unknown` when nothing fits. */
export async function namedByMagic(source: BlockSource): Promise<TerritoryFacts> {
  const ext = await extFacts(source)
  if (ext !== undefined) return ext
  for (const { territoryType, at, text } of MAGICS)
    if (
      at + text.length <= source.size &&
      new Fields(await source.read(at, text.length)).ascii(0, text.length) === text
    )
      return facts(territoryType, source)
  return facts('unknown', source)
}

function facts(territoryType: string, source: BlockSource): TerritoryFacts {
  return {
    territoryType,
    banner: '',
    domainSize: source.size,
    liberatedSpace: 0,
    blockSize: UNKNOWN_BLOCK_BYTES,
    hierarchical: false,
  }
}

async function extFacts(source: BlockSource): Promise<TerritoryFacts | undefined> {
  if (source.size < EXT_AT + EXT_BYTES) return undefined
  const fields = new Fields(await source.read(EXT_AT, EXT_BYTES))
  const shift = fields.u32(24)
  if (fields.u16(56) !== EXT_MAGIC || shift > 6) return undefined
  const blockSize = 1024 << shift
  const isExt4 = (fields.u32(96) & EXT4_FEATURES) !== 0
  const hasJournal = (fields.u32(92) & EXT3_HAS_JOURNAL) !== 0
  return {
    territoryType: isExt4 ? 'ext4' : hasJournal ? 'ext3' : 'ext2',
    banner: fields.ascii(120, 16).split('\0')[0]!,
    domainSize: fields.u32(4) * blockSize,
    liberatedSpace: fields.u32(12) * blockSize,
    blockSize,
    hierarchical: false,
  }
}
