import { LIMITS } from '../limits.ts'
import { Fields } from '../source/little-endian.ts'

export type FatKind = 'FAT12' | 'FAT16' | 'FAT32'

/** Layout of a FAT volume, in bytes from its start. */
export interface FatLayout {
  readonly kind: FatKind
  readonly sectorBytes: number
  readonly clusterBytes: number
  readonly clusters: number
  readonly fatOffset: number
  readonly fatBytes: number
  readonly rootOffset: number
  readonly rootEntries: number
  /** First cluster of the root directory; FAT32 only. */
  readonly rootCluster: number
  readonly dataOffset: number
  readonly totalBytes: number
  readonly label: string
}

/** Microsoft's specification: the type follows from the number of clusters and from nothing else. */
const FAT12_CLUSTERS = 4_085
const FAT16_CLUSTERS = 65_525
const FAT32_CLUSTERS = 0x0fff_fff5
const ENTRY_BYTES = 32
const EXTENDED_SIGNATURE = 0x29

/** The BIOS parameter block of a FAT volume; undefined when it is none. */
export function parseBootSector(sector: Uint8Array): FatLayout | undefined {
  if (sector.length < 512) return undefined
  const fields = new Fields(sector)
  const sectorBytes = fields.u16(11)
  const sectorsPerCluster = fields.u8(13)
  const reserved = fields.u16(14)
  const fats = fields.u8(16)
  const rootEntries = fields.u16(17)
  const total = fields.u16(19) || fields.u32(32)
  const fatSectors = fields.u16(22) || fields.u32(36)
  const hasJump = fields.u8(0) === 0xeb || fields.u8(0) === 0xe9
  const isSane =
    isPowerOfTwo(sectorBytes, 512, LIMITS.sectorBytes) &&
    isPowerOfTwo(sectorsPerCluster, 1, 128) &&
    reserved > 0 &&
    fats > 0 &&
    fats <= 4 &&
    fatSectors > 0 &&
    total > 0
  if (!hasJump || !isSane) return undefined
  const rootOffset = (reserved + fats * fatSectors) * sectorBytes
  const rootSectors = Math.ceil((rootEntries * ENTRY_BYTES) / sectorBytes)
  const dataOffset = rootOffset + rootSectors * sectorBytes
  const totalBytes = total * sectorBytes
  const clusterBytes = sectorsPerCluster * sectorBytes
  const clusters = Math.floor((totalBytes - dataOffset) / clusterBytes)
  if (clusters < 1 || clusters > FAT32_CLUSTERS) return undefined
  const kind = clusters < FAT12_CLUSTERS ? 'FAT12' : clusters < FAT16_CLUSTERS ? 'FAT16' : 'FAT32'
  // FAT32 has no fixed root directory, the others always have one.
  if ((kind === 'FAT32') !== (rootEntries === 0)) return undefined
  const signatureAt = kind === 'FAT32' ? 66 : 38
  const hasLabel = fields.u8(signatureAt) === EXTENDED_SIGNATURE
  return {
    kind,
    sectorBytes,
    clusterBytes,
    clusters,
    fatOffset: reserved * sectorBytes,
    fatBytes: fatSectors * sectorBytes,
    rootOffset,
    rootEntries,
    rootCluster: kind === 'FAT32' ? fields.u32(44) : 0,
    dataOffset,
    totalBytes,
    label: hasLabel ? fields.ascii(signatureAt + 5, 11).trimEnd() : '',
  }
}

function isPowerOfTwo(value: number, min: number, max: number): boolean {
  return value >= min && value <= max && (value & (value - 1)) === 0
}
