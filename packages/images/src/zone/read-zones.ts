import { parseBootSector } from '../territory/fat-boot-sector.ts'
import type { BlockSource } from '../source/block-source.ts'
import { readGpt } from './gpt.ts'
import { isPlausible, isProtective, MBR_BYTES, mbrEntries, mbrZones } from './mbr.ts'
import type { Zone, ZoneFinding, ZoneTable } from './zone-table.ts'

const SECTOR_BYTES = 512

/** Finds the partition table of an image. What contradicts itself is reported in `findings` and left as it is. */
export async function readZones(source: BlockSource): Promise<ZoneTable> {
  if (source.size < MBR_BYTES) return wholeImage(source)
  const first = await source.read(0, MBR_BYTES)
  const entries = mbrEntries(first)
  const isPartitioned = entries !== undefined && isPlausible(entries, source.size)
  // A superfloppy has a file system where others have boot code, and what looks like a table is part of that.
  if (parseBootSector(first) !== undefined && !isPartitioned) return wholeImage(source)
  const gpt = await readGpt(source)
  if (gpt !== undefined && (entries === undefined || isProtective(entries) || !isPartitioned))
    return examined(gpt, source)
  if (entries === undefined || !isPartitioned || isProtective(entries)) return wholeImage(source)
  const { zones, findings } = await mbrZones(source, entries)
  return examined({ tableType: 'MBR', sectorBytes: SECTOR_BYTES, zones, findings }, source)
}

function wholeImage(source: BlockSource): ZoneTable {
  const zones: readonly Zone[] = [{ index: 0, zoneType: 'whole', offset: 0, length: source.size }]
  return { tableType: 'None', sectorBytes: SECTOR_BYTES, zones, findings: [] }
}

function examined(table: ZoneTable, source: BlockSource): ZoneTable {
  const found = new Set<ZoneFinding>(table.findings)
  const sorted = table.zones.toSorted((left, right) => left.offset - right.offset)
  for (const [index, { offset, length }] of sorted.entries()) {
    if (offset + length > source.size) found.add('beyond-end')
    const next = sorted[index + 1]
    if (next !== undefined && next.offset < offset + length) found.add('overlap')
  }
  return { ...table, findings: [...found] }
}
