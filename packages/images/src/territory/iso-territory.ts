import { damaged } from '../limits.ts'
import type { BlockSource } from '../source/block-source.ts'
import { Fields } from '../source/little-endian.ts'
import type { OperationBudget } from '../source/operation-budget.ts'
import { both32, ISO_SECTOR_BYTES, utf16Big, type IsoVolume } from './iso-descriptor.ts'
import { rockRidgeName } from './rock-ridge.ts'
import type {
  DirectoryContent,
  DirectoryEntry,
  Extent,
  Place,
  Territory,
  TerritoryFacts,
} from './territory.ts'

const FLAG = { directory: 0x02, multiExtent: 0x80 } as const
const RECORD_BYTES_MIN = 33
const NAME_AT = 33
/** Directories are read in pieces of whole sectors; records do not cross sectors. */
const PIECE_BYTES = 64 * 1024
const CONTENT_BYTES = 1024 * 1024

/** ISO 9660 (ECMA-119) with the names of Joliet, or of Rock Ridge where there is no Joliet. */
export class IsoTerritory implements Territory {
  readonly territoryType = 'ISO9660'
  readonly root: Place
  readonly isCaseSensitive = true
  readonly #source: BlockSource
  readonly #volume: IsoVolume

  constructor(source: BlockSource, volume: IsoVolume) {
    this.#source = source
    this.#volume = volume
    this.root = { kind: 'iso', extents: [volume.root] }
  }

  async facts(): Promise<TerritoryFacts> {
    const { label, blocks, blockBytes } = this.#volume
    return {
      territoryType: this.territoryType,
      banner: label,
      domainSize: blocks * blockBytes,
      liberatedSpace: 0,
      blockSize: blockBytes,
      hierarchical: true,
    }
  }

  async entries(
    directory: Place,
    { limit, budget }: { readonly limit: number; readonly budget: OperationBudget },
  ): Promise<DirectoryContent> {
    if (directory.kind !== 'iso') throw damaged('the directory belongs to another file system')
    const records = new RecordParser({ volume: this.#volume, limit: limit + 1 })
    for (const { offset, length } of directory.extents) {
      for (let at = 0; at < length && !records.isFull; at += PIECE_BYTES) {
        budget.check()
        const piece = await this.#source.read(offset + at, Math.min(PIECE_BYTES, length - at))
        records.add(piece)
      }
    }
    const entries = records.entries.slice(0, limit)
    if (records.entries.length > limit) return { entries, partial: 'limit' }
    return records.isDamaged ? { entries, partial: 'damaged' } : { entries }
  }

  async *content(file: DirectoryEntry): AsyncIterable<Uint8Array> {
    if (file.place.kind !== 'iso') throw damaged('the file belongs to another file system')
    for (const { offset, length } of file.place.extents)
      for (let at = 0; at < length; at += CONTENT_BYTES)
        yield await this.#source.read(offset + at, Math.min(CONTENT_BYTES, length - at))
  }
}

/** Puts entries together from the records of a directory. */
class RecordParser {
  readonly entries: DirectoryEntry[] = []
  isDamaged = false
  readonly #volume: IsoVolume
  readonly #limit: number
  /** Extents of a file whose next record goes on with it. */
  #extents: Extent[] = []

  constructor(o: { readonly volume: IsoVolume; readonly limit: number }) {
    this.#volume = o.volume
    this.#limit = o.limit
  }

  get isFull(): boolean {
    return this.entries.length >= this.#limit
  }

  add(piece: Uint8Array): void {
    for (let sector = 0; sector < piece.length; sector += ISO_SECTOR_BYTES)
      this.#addSector(piece.subarray(sector, sector + ISO_SECTOR_BYTES))
  }

  #addSector(sector: Uint8Array): void {
    let at = 0
    // A length of 0 says that the next record begins with the next sector.
    while (at < sector.length && sector[at] !== 0 && !this.isFull) {
      const length = sector[at]!
      const record = sector.subarray(at, at + length)
      if (length < RECORD_BYTES_MIN || record.length < length) {
        this.isDamaged = true
        return
      }
      this.#addRecord(record)
      at += length
    }
  }

  #addRecord(record: Uint8Array): void {
    const fields = new Fields(record)
    const block = both32(fields, 2)
    const length = both32(fields, 10)
    const nameBytes = fields.bytes(NAME_AT, fields.u8(32))
    if (
      block === undefined ||
      length === undefined ||
      nameBytes.length < fields.u8(32) ||
      nameBytes.length === 0
    ) {
      this.isDamaged = true
      return
    }
    // 0 is the directory itself, 1 the one above it.
    if (nameBytes.length === 1 && nameBytes[0]! <= 1) return
    this.#extents.push({ offset: block * this.#volume.blockBytes, length })
    const flags = fields.u8(25)
    if ((flags & FLAG.multiExtent) !== 0) return
    const extents = this.#extents
    this.#extents = []
    const name = this.#nameOf(nameBytes, record)
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
      this.isDamaged = true
      return
    }
    const isDirectory = (flags & FLAG.directory) !== 0
    const modified = recordTime(fields.bytes(18, 7))
    this.entries.push({
      name,
      isDirectory,
      size: isDirectory ? 0 : extents.reduce((sum, extent) => sum + extent.length, 0),
      ...(modified !== undefined && { modified }),
      attributes: flags,
      place: { kind: 'iso', extents },
    })
  }

  #nameOf(bytes: Uint8Array, record: Uint8Array): string {
    if (this.#volume.isJoliet) return withoutVersion(utf16Big(bytes))
    const systemUse = record.subarray(NAME_AT + bytes.length + (bytes.length % 2 === 0 ? 1 : 0))
    return (
      rockRidgeName(systemUse) ?? withoutVersion(new TextDecoder('latin1').decode(bytes)).replace(/\.$/, '')
    )
  }
}

function withoutVersion(name: string): string {
  return name.replace(/;\d+$/, '')
}

/** Years since 1900, month, day, hour, minute, second, and quarters of an hour east of Greenwich. */
function recordTime(bytes: Uint8Array): number | undefined {
  const [year, month, day, hour, minute, second, zone] = bytes
  if (month! < 1 || month! > 12 || day! < 1 || day! > 31 || hour! > 23 || minute! > 59 || second! > 59)
    return undefined
  const quarters = zone! > 127 ? zone! - 256 : zone!
  return Date.UTC(1900 + year!, month! - 1, day!, hour!, minute!, second!) - quarters * 900_000
}
