import zlib from 'node:zlib'
import { LIMITS } from '../limits.ts'
import type { BlockSource } from '../source/block-source.ts'
import { Fields } from '../source/little-endian.ts'
import type { Zone, ZoneFinding, ZoneTable } from './zone-table.ts'
import { gptTypeName } from './zone-types.ts'

const SIGNATURE = 'EFI PART'
const HEADER_BYTES_MIN = 92
const CRC_AT = 16
const NAME_AT = 56
const NAME_BYTES = 72
const ENTRY_BYTES_MIN = 128
const SECTOR_BYTES: readonly number[] = [512, 4096]

interface Header {
  readonly entriesAt: number
  readonly count: number
  readonly entryBytes: number
  readonly entriesCrc: number
}

/** UEFI 2.10, section 5.3. Undefined when neither header names itself GPT. */
export async function readGpt(source: BlockSource): Promise<ZoneTable | undefined> {
  const seen: ZoneFinding[] = []
  for (const sectorBytes of SECTOR_BYTES) {
    const primary = await readCopy(source, { at: sectorBytes, sectorBytes })
    const lastSector = Math.floor(source.size / sectorBytes) - 1
    const backup = await readCopy(source, { at: lastSector * sectorBytes, sectorBytes })
    if (Array.isArray(primary)) {
      const findings: ZoneFinding[] = Array.isArray(backup) ? [] : ['backup-damaged']
      return { tableType: 'GPT', sectorBytes, zones: primary, findings }
    }
    if (Array.isArray(backup))
      return { tableType: 'GPT', sectorBytes, zones: backup, findings: ['backup-used'] }
    if (primary === 'damaged' || backup === 'damaged') seen.push('table-damaged')
  }
  return seen.length === 0
    ? undefined
    : { tableType: 'GPT', sectorBytes: 512, zones: [], findings: ['table-damaged'] }
}

/** @returns the zones, or why there are none */
async function readCopy(
  source: BlockSource,
  { at, sectorBytes }: { readonly at: number; readonly sectorBytes: number },
): Promise<Zone[] | 'absent' | 'damaged'> {
  if (at < sectorBytes || at + sectorBytes > source.size) return 'absent'
  const sector = await source.read(at, sectorBytes)
  if (new Fields(sector).ascii(0, 8) !== SIGNATURE) return 'absent'
  const header = headerOf(sector, { at, sectorBytes })
  if (header === undefined) return 'damaged'
  const { entriesAt, count, entryBytes, entriesCrc } = header
  if (entriesAt + count * entryBytes > source.size) return 'damaged'
  const entries = await source.read(entriesAt, count * entryBytes)
  if (zlib.crc32(entries) !== entriesCrc) return 'damaged'
  return zonesOf(entries, { count, entryBytes, sectorBytes })
}

/** The checksum is computed with its own field as zero. */
function headerOf(
  sector: Uint8Array,
  { at, sectorBytes }: { readonly at: number; readonly sectorBytes: number },
): Header | undefined {
  const fields = new Fields(sector)
  const headerBytes = fields.u32(12)
  if (headerBytes < HEADER_BYTES_MIN || headerBytes > sectorBytes) return undefined
  const header = sector.slice(0, headerBytes)
  header.fill(0, CRC_AT, CRC_AT + 4)
  if (zlib.crc32(header) !== fields.u32(CRC_AT) || fields.u64(24) !== BigInt(at / sectorBytes))
    return undefined
  const count = fields.u32(80)
  const entryBytes = fields.u32(84)
  const entriesAt = fields.u64(72) * BigInt(sectorBytes)
  const isWithin =
    count <= LIMITS.gptEntries &&
    entryBytes >= ENTRY_BYTES_MIN &&
    entryBytes <= LIMITS.gptEntryBytes &&
    entriesAt <= BigInt(Number.MAX_SAFE_INTEGER)
  return isWithin
    ? { entriesAt: Number(entriesAt), count, entryBytes, entriesCrc: fields.u32(88) }
    : undefined
}

function zonesOf(
  entries: Uint8Array,
  o: { readonly count: number; readonly entryBytes: number; readonly sectorBytes: number },
): Zone[] {
  const zones: Zone[] = []
  for (let entry = 0; entry < o.count; entry++) {
    const fields = new Fields(entries.subarray(entry * o.entryBytes, (entry + 1) * o.entryBytes))
    const guid = guidOf(fields)
    const first = fields.u64(32)
    const last = fields.u64(40)
    const end = (last + 1n) * BigInt(o.sectorBytes)
    // An unused entry has no type; one beyond what a double counts lies beyond every image.
    if (/^[0-]+$/.test(guid) || last < first || end > BigInt(Number.MAX_SAFE_INTEGER)) continue
    const offset = Number(first) * o.sectorBytes
    const name = utf16(fields.bytes(NAME_AT, NAME_BYTES))
    zones.push({
      index: zones.length,
      zoneType: gptTypeName(guid),
      offset,
      length: Number(end) - offset,
      ...(name && { name }),
    })
  }
  return zones
}

/** The first three groups are little-endian. */
function guidOf(fields: Fields): string {
  const tail = [...fields.bytes(10, 6)].map((byte) => hex(byte, 2)).join('')
  return `${hex(fields.u32(0), 8)}-${hex(fields.u16(4), 4)}-${hex(fields.u16(6), 4)}-${hex(fields.u16Big(8), 4)}-${tail}`
}

function utf16(bytes: Uint8Array): string {
  return new TextDecoder('utf-16le').decode(bytes).split('\0')[0]!
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
