import { asBuffer, assert, ByteWriter, ForgeError, isForgeError } from '@forgeone/common'
import type { SectionLevel } from './section-level.ts'
import { encodeFastRows } from './fast-rows.ts'
import { encodeFastSparse } from './fast-sparse.ts'
import { encodePiecedTexts } from './pieced-texts.ts'
import { encodePlainRows, encodePlainTexts } from './plain-columns.ts'
import { isProse } from './prose.ts'
import { encodeRowColumns } from './row-columns.ts'
import {
  FORMAT_FAST,
  FORMAT_MODELLED,
  FORMAT_PLAIN,
  GROUP_IDS,
  GROUP_MARKERS,
  GROUP_METADATA,
  GROUP_ROWS,
  GROUP_TEXTS,
  MAGIC,
} from './section-layout.ts'
import { Section } from './section.ts'
import { SECTION_ROWS_MAX, SECTION_TEXT_BYTES_MAX, type SectionRows } from './section-rows.ts'
import { encodeSparse } from './sparse-column.ts'
import { encodeTexts, type TextEffort } from './text-encoder.ts'

/** Measured on ten logs: further contexts cost more time than they save bytes. */
const EFFORTS: Readonly<Record<Exclude<SectionLevel, 'fast'>, TextEffort>> = {
  default: { contextCount: 3, counterBitsMax: 20, zstdLevel: 9, heapShareMax: 1 / 32, heapPackedShare: 0.4 },
  max: { contextCount: 7, counterBitsMax: 22, zstdLevel: 19, heapShareMax: 1 / 4, heapPackedShare: 0 },
}

/** Texts that the model shortens by less are tried as plain columns too: they may be prose rather than a log. */
const PLAIN_SHARE = 0.4
const SMALL_BYTES = 1024

export interface EncodedSection {
  readonly bytes: Uint8Array
  readonly templateCount: number
  /** The texts did not come back from their templates, so that plain columns were written. */
  readonly fallback: boolean
}

/**
 * Codes the rows of a section, decodes the result and compares all columns with the rows, byte for byte.
 * @throws STREAM_VALUE_INVALID when not even plain columns bring the rows back: text that is not Unicode, half milliseconds
 */
export function encodeSection(rows: SectionRows, { level }: { level: SectionLevel }): EncodedSection {
  assert(rows.count >= 1 && rows.count <= SECTION_ROWS_MAX, 'a section has 1 to SECTION_ROWS_MAX rows')
  assert(rows.text.length <= SECTION_TEXT_BYTES_MAX, 'texts of a section fit SECTION_TEXT_BYTES_MAX')
  if (level === 'fast') return { bytes: checked(encodeFast(rows), rows), templateCount: 0, fallback: false }
  const effort = EFFORTS[level]
  if (level === 'default' && isProse(rows)) {
    return { bytes: checked(encodePlain(rows, effort.zstdLevel), rows), templateCount: 0, fallback: false }
  }
  const modelled = encodeModelled(rows, effort)
  const isModelled = bringsBack(modelled.bytes, rows)
  const isSmall = modelled.bytes.length < rows.text.length * PLAIN_SHARE + SMALL_BYTES
  if (isModelled && isSmall) return { ...modelled, fallback: false }
  const plain = encodePlain(rows, effort.zstdLevel)
  if (isModelled && modelled.bytes.length <= plain.length) return { ...modelled, fallback: false }
  return { bytes: checked(plain, rows), templateCount: 0, fallback: !isModelled }
}

function encodeFast(rows: SectionRows): Uint8Array {
  return joinGroups(FORMAT_FAST, rows, {
    rows: encodeFastRows(rows),
    texts: encodePiecedTexts(rows),
    sparse: (values) => encodeFastSparse(values),
  })
}

function encodePlain(rows: SectionRows, zstdLevel: number): Uint8Array {
  return joinGroups(FORMAT_PLAIN, rows, {
    rows: encodePlainRows(rows, zstdLevel),
    texts: encodePlainTexts(rows, zstdLevel),
    sparse: (values) => encodeSparse(values, rows.timestamps, zstdLevel),
  })
}

function encodeModelled(rows: SectionRows, effort: TextEffort): { bytes: Uint8Array; templateCount: number } {
  const texts = new ByteWriter(rows.text.length / 16 + 256)
  const templateCount = encodeTexts(texts, rows, effort)
  const bytes = joinGroups(FORMAT_MODELLED, rows, {
    rows: encodeRowColumns(rows),
    texts: texts.view(),
    sparse: (values) => encodeSparse(values, rows.timestamps, effort),
  })
  return { bytes, templateCount }
}

interface Groups {
  readonly rows: Uint8Array
  readonly texts: Uint8Array
  readonly sparse: (values: ReadonlyMap<number, string>) => Uint8Array
}

function joinGroups(format: number, rows: SectionRows, groups: Groups): Uint8Array {
  const out = new ByteWriter(groups.rows.length + groups.texts.length + 256)
  const group = (id: number, bytes: Uint8Array): void => {
    out.u8(id).varint(bytes.length).bytes(bytes)
  }
  out.u16(MAGIC).u8(format).varint(rows.count)
  group(GROUP_ROWS, groups.rows)
  group(GROUP_TEXTS, groups.texts)
  if (rows.metadata.size > 0) group(GROUP_METADATA, groups.sparse(rows.metadata))
  if (rows.ids.size > 0) group(GROUP_IDS, groups.sparse(rows.ids))
  if (rows.markers.size > 0) group(GROUP_MARKERS, groups.sparse(rows.markers))
  return out.finish()
}

/** @throws STREAM_VALUE_INVALID */
function checked(bytes: Uint8Array, rows: SectionRows): Uint8Array {
  if (bringsBack(bytes, rows)) return bytes
  throw new ForgeError('STREAM_VALUE_INVALID', 'rows of a section cannot be stored as they are')
}

function bringsBack(bytes: Uint8Array, rows: SectionRows): boolean {
  try {
    return isEqual(new Section(bytes), rows)
  } catch (cause) {
    // A section that its own decoder refuses is as good as one that differs.
    if (isForgeError(cause) && cause.code === 'STREAM_BLOCK_DAMAGED') return false
    throw cause
  }
}

function isEqual(section: Section, rows: SectionRows): boolean {
  const { sparseCounts } = section
  return (
    section.count === rows.count &&
    same(section.timestamps, rows.timestamps) &&
    same(section.levels, rows.levels) &&
    same(section.offsets, rows.offsets) &&
    same(section.textKinds, rows.textKinds) &&
    section.hasTexts(rows) &&
    sparseCounts.metadata === rows.metadata.size &&
    sparseCounts.ids === rows.ids.size &&
    sparseCounts.markers === rows.markers.size &&
    rows.metadata.entries().every(([row, value]) => section.metadata(row) === value) &&
    rows.ids.entries().every(([row, value]) => section.clientId(row) === value) &&
    rows.markers.entries().every(([row, value]) => section.marker(row) === value)
  )
}

type Column = Uint8Array | Uint32Array | Float64Array

function same(left: Column | undefined, right: Column | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  return bytesOf(left).equals(bytesOf(right))
}

function bytesOf({ buffer, byteOffset, byteLength }: Column): Buffer {
  return asBuffer(new Uint8Array(buffer, byteOffset, byteLength))
}
