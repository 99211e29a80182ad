import { Fields } from '../source/little-endian.ts'
import { decodeCodePage437 } from './code-page-437.ts'
import type { DirectoryEntry } from './territory.ts'

export const ENTRY_BYTES = 32
const LONG_NAME = 0x0f
const ATTRIBUTE = { volume: 0x08, directory: 0x10 } as const
const DELETED = 0xe5
const END = 0x00
/** Stands for a first byte of 0xe5, which would mean deleted. */
const ESCAPED_E5 = 0x05
const LAST_LONG = 0x40
const LONG_PARTS_MAX = 20
const LOWER_BASE = 0x08
const LOWER_EXTENSION = 0x10
/** Where the 13 UTF-16 units of a part of a long name lie. */
const LONG_UNITS: readonly number[] = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30]

/** Puts entries together from the slots of a directory, in the order in which slots come. */
export class FatDirectoryParser {
  readonly #entries: DirectoryEntry[] = []
  #label = ''
  #long: { readonly checksum: number; expected: number; units: number[] } | undefined
  #isEnded = false

  get entries(): readonly DirectoryEntry[] {
    return this.#entries
  }

  /** Name of the volume, when the directory is the root and holds it. */
  get label(): string {
    return this.#label
  }

  /** Whether the end mark was met: what comes after it is old. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  add(slots: Uint8Array, limit: number): void {
    for (let at = 0; at + ENTRY_BYTES <= slots.length && this.#entries.length < limit; at += ENTRY_BYTES) {
      const slot = slots.subarray(at, at + ENTRY_BYTES)
      if (slot[0] === END) {
        this.#isEnded = true
        return
      }
      this.#addSlot(slot)
    }
  }

  #addSlot(slot: Uint8Array): void {
    const attributes = slot[11]!
    if (slot[0] === DELETED) this.#long = undefined
    else if ((attributes & 0x3f) === LONG_NAME) this.#addLongPart(slot)
    else {
      const long = this.#takeLongName(slot)
      if ((attributes & ATTRIBUTE.volume) !== 0) {
        this.#label ||= decodeCodePage437(slot.subarray(0, 11)).trimEnd()
        return
      }
      // `.` and `..` begin with a dot, which no other short name does.
      if (slot[0] !== 0x2e) this.#entries.push(entryOf(slot, long ?? shortName(slot)))
    }
  }

  /** Parts come last first, each with the checksum of the short name to follow. */
  #addLongPart(slot: Uint8Array): void {
    const order = slot[0]! & 0x1f
    const checksum = slot[13]!
    if ((slot[0]! & LAST_LONG) !== 0) {
      const isSane = order >= 1 && order <= LONG_PARTS_MAX
      this.#long = isSane ? { checksum, expected: order, units: [] } : undefined
    }
    const long = this.#long
    if (long === undefined || long.expected !== order || long.checksum !== checksum) {
      this.#long = undefined
      return
    }
    const fields = new Fields(slot)
    long.units = [...LONG_UNITS.map((at) => fields.u16(at)), ...long.units]
    long.expected--
  }

  #takeLongName(slot: Uint8Array): string | undefined {
    const long = this.#long
    this.#long = undefined
    if (long === undefined || long.expected !== 0 || long.checksum !== shortChecksum(slot)) return undefined
    const end = long.units.indexOf(0)
    const name = String.fromCharCode(...(end === -1 ? long.units : long.units.slice(0, end)))
    return isUsableName(name) ? name : undefined
  }
}

/** A name that could be taken for a path, or for nothing, is not believed. */
function isUsableName(name: string): boolean {
  return (
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    !name.includes('/') &&
    !name.includes('\0') &&
    name.isWellFormed()
  )
}

function entryOf(slot: Uint8Array, name: string): DirectoryEntry {
  const fields = new Fields(slot)
  const attributes = slot[11]!
  const isDirectory = (attributes & ATTRIBUTE.directory) !== 0
  const created = timeOf(fields.u16(16), fields.u16(14), fields.u8(13))
  const modified = timeOf(fields.u16(24), fields.u16(22), 0)
  return {
    name,
    isDirectory,
    size: isDirectory ? 0 : fields.u32(28),
    ...(created !== undefined && { created }),
    ...(modified !== undefined && { modified }),
    attributes,
    place: { kind: 'fat', cluster: (fields.u16(20) << 16) + fields.u16(26) },
  }
}

/** 8.3 with the marks of Windows NT for parts in lower case. */
function shortName(slot: Uint8Array): string {
  const base = slot.slice(0, 8)
  if (base[0] === ESCAPED_E5) base[0] = DELETED
  const flags = slot[12]!
  const first = cased(decodeCodePage437(base).trimEnd(), (flags & LOWER_BASE) !== 0)
  const extension = cased(decodeCodePage437(slot.subarray(8, 11)).trimEnd(), (flags & LOWER_EXTENSION) !== 0)
  // Damage may put anything there; a listing must not hold what looks like a path.
  return (extension === '' ? first : `${first}.${extension}`).replaceAll(/[/\0]/g, '_')
}

function cased(text: string, isLower: boolean): string {
  return isLower ? text.toLowerCase() : text
}

function shortChecksum(slot: Uint8Array): number {
  let sum = 0
  for (let index = 0; index < 11; index++) sum = (((sum & 1) << 7) + (sum >> 1) + slot[index]!) & 0xff
  return sum
}

/** Dates without a time zone, read as UTC; undefined for none and for impossible ones. */
function timeOf(date: number, time: number, tenMilliseconds: number): number | undefined {
  const month = (date >> 5) & 15
  const day = date & 31
  const [hours, minutes, seconds] = [time >> 11, (time >> 5) & 63, (time & 31) * 2]
  if (month < 1 || month > 12 || day < 1 || hours > 23 || minutes > 59 || seconds > 59) return undefined
  return (
    Date.UTC(1980 + (date >> 9), month - 1, day, hours, minutes, seconds) +
    Math.min(tenMilliseconds, 199) * 10
  )
}
