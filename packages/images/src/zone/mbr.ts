import { LIMITS } from '../limits.ts'
import type { BlockSource } from '../source/block-source.ts'
import { Fields } from '../source/little-endian.ts'
import type { Zone, ZoneFinding } from './zone-table.ts'
import { mbrTypeName } from './zone-types.ts'

const TABLE_AT = 446
const ENTRY_BYTES = 16
const SIGNATURE_AT = 510
const SIGNATURE = 0xaa55
export const MBR_BYTES = 512
const EXTENDED: ReadonlySet<number> = new Set([0x05, 0x0f, 0x85])
const PROTECTIVE = 0xee

export interface MbrEntry {
  readonly status: number
  readonly type: number
  readonly start: number
  readonly sectors: number
}

/** The four entries of a boot record; undefined without its signature. */
export function mbrEntries(record: Uint8Array): readonly MbrEntry[] | undefined {
  const fields = new Fields(record)
  if (record.length < MBR_BYTES || fields.u16(SIGNATURE_AT) !== SIGNATURE) return undefined
  return [0, 1, 2, 3].map((index) => {
    const at = TABLE_AT + index * ENTRY_BYTES
    return {
      status: fields.u8(at),
      type: fields.u8(at + 4),
      start: fields.u32(at + 8),
      sectors: fields.u32(at + 12),
    }
  })
}

export function isProtective(entries: readonly MbrEntry[]): boolean {
  return entries.some(({ type }) => type === PROTECTIVE)
}

/** Whether the entries look like partitions of an image of that size, rather than like code or text. */
export function isPlausible(entries: readonly MbrEntry[], size: number): boolean {
  const used = entries.filter(({ type, start, sectors }) => type !== 0 || start !== 0 || sectors !== 0)
  return (
    used.length > 0 &&
    used.every(
      ({ status, type, start, sectors }) =>
        (status === 0 || status === 0x80) &&
        type !== 0 &&
        start > 0 &&
        sectors > 0 &&
        start * MBR_BYTES < size,
    )
  )
}

/** Primary partitions in their order, then the logical ones along the chain of extended boot records. */
export async function mbrZones(
  source: BlockSource,
  entries: readonly MbrEntry[],
): Promise<{ readonly zones: readonly Zone[]; readonly findings: readonly ZoneFinding[] }> {
  const found: Omit<Zone, 'index'>[] = []
  const findings: ZoneFinding[] = []
  for (const { type, start, sectors } of entries)
    if (type !== 0 && !EXTENDED.has(type)) found.push(zoneOf(type, start, sectors))
  for (const { type, start } of entries) {
    if (!EXTENDED.has(type)) continue
    const { logical, isCut } = await logicalZones(source, start)
    found.push(...logical)
    if (isCut) findings.push('chain-cut')
  }
  if (found.length > LIMITS.zones) findings.push('too-many-zones')
  return { zones: found.slice(0, LIMITS.zones).map((zone, index) => ({ index, ...zone })), findings }
}

/** A logical start counts from its own record, the next record from the first one. */
async function logicalZones(
  source: BlockSource,
  first: number,
): Promise<{ readonly logical: readonly Omit<Zone, 'index'>[]; readonly isCut: boolean }> {
  const logical: Omit<Zone, 'index'>[] = []
  const visited = new Set<number>()
  let at = first
  for (;;) {
    if (visited.has(at) || visited.size === LIMITS.extendedRecords) return { logical, isCut: true }
    visited.add(at)
    const offset = at * MBR_BYTES
    const record =
      offset + MBR_BYTES <= source.size ? mbrEntries(await source.read(offset, MBR_BYTES)) : undefined
    if (record === undefined) return { logical, isCut: true }
    const [own, next] = record
    if (own!.type !== 0 && own!.sectors > 0) logical.push(zoneOf(own!.type, at + own!.start, own!.sectors))
    if (!EXTENDED.has(next!.type) || next!.sectors === 0) return { logical, isCut: false }
    at = first + next!.start
  }
}

function zoneOf(type: number, start: number, sectors: number): Omit<Zone, 'index'> {
  return { zoneType: mbrTypeName(type), offset: start * MBR_BYTES, length: sectors * MBR_BYTES }
}
