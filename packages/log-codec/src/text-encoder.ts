import { ByteWriter, concatBytes } from '@forgeone/common'
import { BinaryCoder } from './binary-coder.ts'
import { ByteDictionary } from './byte-dictionary.ts'
import {
  ancestorsOf,
  KIND_STRING,
  PREDICT_NOTHING,
  type ColumnPlan,
  type ColumnValues,
} from './column-plan.ts'
import { planColumn, type PlannedColumn } from './column-planner.ts'
import { predictStrings, type PredictionSource } from './column-prediction.ts'
import { sameBytes } from './same-bytes.ts'
import { compress, writePacked } from './compress.ts'
import { StringHeap } from './string-heap.ts'
import { mineTemplates, type MinedTexts, type Template } from './template-miner.ts'
import { TextModel, type RowContext } from './text-model.ts'
import {
  HEADER_COLUMN,
  HEADER_COLUMNS,
  HEADER_CONSTANT,
  HEADER_PLAN,
  HEADER_SHARED,
  HEADER_TEMPLATES,
  HEAP_INLINE,
  HEAP_PACKED,
} from './text-layout.ts'

export interface TextRows extends RowContext {
  readonly text: Uint8Array
  /** `count + 1` offsets into `text`. */
  readonly textOffsets: Uint32Array
}

export interface TextEffort {
  readonly contextCount: number
  /** More counters keep contexts of a large section apart, fewer stay in the processor's cache. */
  readonly counterBitsMax: number
  readonly zstdLevel: number
  /** Strings of more than this share of the text leave the model, which is slow on them. */
  readonly heapShareMax: number
  /** Strings that zstd brings below this share of their bytes leave it as well: names and paths, rather than digits. */
  readonly heapPackedShare: number
}

/** Whatever their share, so few bytes take little time. */
const INLINE_BYTES = 65_536
/** So few bytes take no time at all, and zstd does badly on them. */
const INLINE_BYTES_MIN = 4096
const SAMPLE_ZSTD_LEVEL = 3
const COUNTER_BITS_MIN = 12

/** Codes texts into `out`. @returns number of templates */
export function encodeTexts(out: ByteWriter, rows: TextRows, effort: TextEffort): number {
  const mined = mineTemplates(rows.text, rows.textOffsets, rows.count)
  const dictionary = new ByteDictionary()
  const columns = planColumns(rows, mined, dictionary)
  const isInline = isInlineHeap(dictionary.values, rows.text.length, effort)
  const heap = isInline ? undefined : new StringHeap(undefined)
  const textBits = 33 - Math.clz32(rows.text.length)
  const counterBits = Math.min(Math.max(textBits, COUNTER_BITS_MIN), effort.counterBitsMax)
  const coder = new BinaryCoder(undefined)
  const model = new TextModel(coder, { contextCount: effort.contextCount, counterBits }, rows, heap)
  writeTemplates(model, mined.templates)
  model.templateIds(mined.templateOfRow)
  for (const [index, column] of columns.entries()) writeColumn(model, index, column)
  out
    .varint(rows.text.length)
    .u8(effort.contextCount)
    .u8(counterBits)
    .u8(isInline ? HEAP_INLINE : HEAP_PACKED)
  if (heap !== undefined) writePacked(out, heap.finish(), effort.zstdLevel)
  const stream = coder.finish()
  out.varint(stream.length).bytes(stream)
  return mined.templates.length
}

/** Whether the bytes of strings are part of the stream. */
function isInlineHeap(strings: readonly Uint8Array[], textBytes: number, effort: TextEffort): boolean {
  let heapBytes = 0
  for (const value of strings) heapBytes += value.length
  if (heapBytes <= INLINE_BYTES_MIN) return true
  if (heapBytes > INLINE_BYTES + textBytes * effort.heapShareMax) return false
  if (effort.heapPackedShare === 0) return true
  const packed = compress(concatBytes(strings), { level: SAMPLE_ZSTD_LEVEL })
  return packed.length > heapBytes * effort.heapPackedShare
}

/** A column with all that is known when it is coded. */
interface CodedColumn extends ColumnValues {
  readonly residuals: Float64Array | undefined
  readonly source: PredictionSource
}

function planColumns(rows: TextRows, mined: MinedTexts, dictionary: ByteDictionary): readonly CodedColumn[] {
  const columns: CodedColumn[] = []
  for (const column of mined.columns) {
    const source = {
      rows: column.rows,
      timestamps: rows.timestamps,
      ancestors: ancestorsOf(columns, column.parent),
    }
    const planned: PlannedColumn = planColumn({ ...column, ...source, text: rows.text }, dictionary)
    columns.push({ ...planned, parent: column.parent, rows: column.rows, source })
  }
  return columns
}

/** A template names the last column it shares with templates before it, and brings the columns behind. */
function writeTemplates(model: TextModel, templates: readonly Template[]): void {
  const known = new Set<number>()
  model.header(templates.length, HEADER_TEMPLATES)
  for (const { constants, columns } of templates) {
    let shared = 0
    while (shared < columns.length && known.has(columns[shared]!)) shared += 1
    model.header(shared === 0 ? 0 : columns[shared - 1]! + 1, HEADER_SHARED)
    model.header(columns.length - shared, HEADER_COLUMNS)
    for (let at = shared; at < columns.length; at++) {
      model.string(constants[at]!, HEADER_CONSTANT)
      model.header(columns[at]!, HEADER_COLUMN)
      known.add(columns[at]!)
    }
    model.string(constants.at(-1)!, HEADER_CONSTANT)
  }
}

function writeColumn(model: TextModel, index: number, column: CodedColumn): void {
  const { plan, rows, residuals, strings, source } = column
  writePlan(model, plan)
  if (plan.isExact) return
  if (residuals !== undefined) model.numbers(index, rows, residuals)
  if (strings === undefined) return
  if (plan.prediction === PREDICT_NOTHING) {
    model.strings(index, rows, strings.slice(), strings.length)
    return
  }
  const predicted = predictStrings(plan, source)!
  const flags = new Uint8Array(rows.length)
  for (let at = 0; at < rows.length; at++) flags[at] = sameBytes(strings[at]!, predicted[at]!) ? 0 : 1
  model.misfits(index, flags)
  const misfits = strings.filter((_, at) => flags[at] === 1)
  model.strings(
    index,
    rows.filter((_, at) => flags[at] === 1),
    misfits,
    misfits.length,
  )
}

function writePlan(model: TextModel, plan: ColumnPlan): void {
  model.header(plan.kind, HEADER_PLAN)
  if (plan.kind > KIND_STRING) model.header(plan.width, HEADER_PLAN + 1)
  model.header(plan.prediction, HEADER_PLAN + 2)
  if (plan.prediction < 2) return
  model.header(plan.ancestor, HEADER_PLAN + 3)
  model.header(plan.field, HEADER_PLAN + 4)
  model.header(plan.variant, HEADER_PLAN + 5)
  model.header(plan.isExact ? 1 : 0, HEADER_PLAN + 6)
}
