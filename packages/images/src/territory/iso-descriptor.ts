import type { BlockSource } from '../source/block-source.ts'
import { Fields } from '../source/little-endian.ts'

export const ISO_SECTOR_BYTES = 2048
const DESCRIPTORS_AT = 16
/** Real discs have a handful. */
const DESCRIPTORS_MAX = 64
const TYPE = { primary: 1, supplementary: 2, end: 255 } as const
const ROOT_RECORD_AT = 156
const JOLIET_ESCAPES: ReadonlySet<string> = new Set(['%/@', '%/C', '%/E'])

/** A volume descriptor with its tree of directories. */
export interface IsoVolume {
  readonly label: string
  readonly blockBytes: number
  readonly blocks: number
  readonly isJoliet: boolean
  readonly root: { readonly offset: number; readonly length: number }
}

/** The tree with the best names that the image has: Joliet, or the primary one. Undefined when it is no ISO 9660. */
export async function readIsoVolume(source: BlockSource): Promise<IsoVolume | undefined> {
  let primary: IsoVolume | undefined
  for (let index = 0; index < DESCRIPTORS_MAX; index++) {
    const offset = (DESCRIPTORS_AT + index) * ISO_SECTOR_BYTES
    if (offset + ISO_SECTOR_BYTES > source.size) break
    const sector = await source.read(offset, ISO_SECTOR_BYTES)
    const fields = new Fields(sector)
    if (fields.ascii(1, 5) !== 'CD001' || fields.u8(0) === TYPE.end) break
    const isJoliet = fields.u8(0) === TYPE.supplementary && JOLIET_ESCAPES.has(fields.ascii(88, 3))
    if (fields.u8(0) !== TYPE.primary && !isJoliet) continue
    const volume = volumeOf(fields, isJoliet)
    if (volume === undefined) continue
    if (isJoliet) return volume
    primary ??= volume
  }
  return primary
}

/** Numbers stand there twice, in both byte orders: a descriptor whose halves differ is damaged. */
function volumeOf(fields: Fields, isJoliet: boolean): IsoVolume | undefined {
  const blocks = both32(fields, 80)
  const blockBytes = both16(fields, 128)
  const extent = both32(fields, ROOT_RECORD_AT + 2)
  const length = both32(fields, ROOT_RECORD_AT + 10)
  if (blocks === undefined || blockBytes === undefined || extent === undefined || length === undefined)
    return undefined
  if (blockBytes < 512 || blockBytes > ISO_SECTOR_BYTES || (blockBytes & (blockBytes - 1)) !== 0)
    return undefined
  const label = isJoliet ? utf16Big(fields.bytes(40, 32)) : fields.ascii(40, 32)
  return {
    label: label.replace(/[\0 ]+$/, ''),
    blockBytes,
    blocks,
    isJoliet,
    root: { offset: extent * blockBytes, length },
  }
}

export function both32(fields: Fields, at: number): number | undefined {
  const value = fields.u32(at)
  return value === fields.u32Big(at + 4) ? value : undefined
}

function both16(fields: Fields, at: number): number | undefined {
  const value = fields.u16(at)
  return value === fields.u16Big(at + 2) ? value : undefined
}

export function utf16Big(bytes: Uint8Array): string {
  return new TextDecoder('utf-16be').decode(bytes)
}
