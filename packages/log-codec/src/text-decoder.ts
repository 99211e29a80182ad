import type { ByteReader } from '@forgeone/common'
import { BinaryCoder } from './binary-coder.ts'
import { CLOCK_FIELDS } from './clock-field.ts'
import {
  ancestorsOf,
  ANCESTORS_MAX,
  DIGITS_MAX,
  KIND_FIXED,
  KIND_FRACTION,
  KIND_STRING,
  PLAIN_PLAN,
  PREDICT_CLOCK,
  PREDICT_PREVIOUS,
  PREDICT_SCALED,
  PREDICT_SLOT,
  QUARTER_HOURS_MAX,
  unzigzag,
  type ColumnPlan,
  type ColumnValues,
} from './column-plan.ts'
import { predictNumbers, predictStrings, type PredictionSource } from './column-prediction.ts'
import { readPacked } from './compress.ts'
import { CONTEXTS_MAX } from './context-mixer.ts'
import { damaged } from './damage.ts'
import { SCALES, STYLES } from './scaled-text.ts'
import { SECTION_ROWS_MAX, SECTION_TEXT_BYTES_MAX } from './section-rows.ts'
import { StringHeap } from './string-heap.ts'
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
import { TEMPLATE_COLUMNS_MAX, type Template } from './template-miner.ts'
import { TextModel, type RowContext } from './text-model.ts'

/** Values of all columns at most, and places of all templates: a token and its separator have two bytes, a row one rest and one tail. */
const VALUES_MAX = SECTION_TEXT_BYTES_MAX / 2 + 2 * SECTION_ROWS_MAX
/** Of a value: its row, and its number or a reference. */
const VALUE_BYTES = 12
const COUNTER_BITS_LIMIT = 22

export interface DecodedTexts {
  /** Bytes of all texts. */
  readonly textBytes: number
  readonly templates: readonly Template[]
  readonly templateOfRow: Uint32Array
  readonly columns: readonly ColumnValues[]
  /** What all of this holds in memory, about. */
  readonly heldBytes: number
}

/** Reads what `encodeTexts` wrote. @throws STREAM_BLOCK_DAMAGED */
export function decodeTexts(from: ByteReader, rows: RowContext): DecodedTexts {
  const textBytes = from.varint()
  if (textBytes > SECTION_TEXT_BYTES_MAX) throw from.failure(`texts of ${textBytes} bytes`)
  const contextCount = from.u8()
  const counterBits = from.u8()
  const heapMode = from.u8()
  if (
    contextCount < 1 ||
    contextCount >= CONTEXTS_MAX ||
    counterBits > COUNTER_BITS_LIMIT ||
    heapMode > HEAP_PACKED
  ) {
    throw from.failure('unknown settings')
  }
  const heap =
    heapMode === HEAP_INLINE ? undefined : new StringHeap(readPacked(from, 2 * SECTION_TEXT_BYTES_MAX))
  const coder = new BinaryCoder(from.bytes(from.varint()))
  const model = new TextModel(coder, { contextCount, counterBits }, rows, heap)
  const { templates, parents } = readTemplates(model, rows.count)
  const templateOfRow = new Uint32Array(rows.count)
  model.templateIds(templateOfRow)
  const rowsOfColumn = distribute(templates, templateOfRow, parents.length)
  const columns: ColumnValues[] = []
  for (const [index, parent] of parents.entries()) {
    const source = {
      rows: rowsOfColumn[index]!,
      timestamps: rows.timestamps,
      ancestors: ancestorsOf(columns, parent),
    }
    columns.push(readColumn(model, { index, parent }, source))
  }
  let heldBytes = templateOfRow.byteLength + model.heldStringBytes
  for (const { rows: ofColumn } of columns) heldBytes += ofColumn.length * VALUE_BYTES
  return { textBytes, templates, templateOfRow, columns, heldBytes }
}

function readTemplates(
  model: TextModel,
  rowCount: number,
): { templates: readonly Template[]; parents: readonly number[] } {
  const count = model.header(0, HEADER_TEMPLATES)
  if (count < 1 || count > rowCount) throw damaged(`${count} templates`)
  const parents = new Map<number, number>()
  /** The template that brought a column, and the place of the column in it. */
  const origins = new Map<number, { template: Template; place: number }>()
  const templates: Template[] = []
  let places = 0
  for (let index = 0; index < count; index++) {
    const shared = model.header(0, HEADER_SHARED)
    const origin = origins.get(shared - 1)
    if (shared > 0 && origin === undefined) throw damaged('a template behind an unknown column')
    const constants = origin === undefined ? [] : origin.template.constants.slice(0, origin.place + 1)
    const columns = origin === undefined ? [] : origin.template.columns.slice(0, origin.place + 1)
    const template = { constants, columns }
    const added = model.header(0, HEADER_COLUMNS)
    places += columns.length + added
    if (columns.length + added > TEMPLATE_COLUMNS_MAX || places > VALUES_MAX)
      throw damaged('a template of too many columns')
    for (let left = added; left > 0; left--) {
      constants.push(model.string(undefined, HEADER_CONSTANT))
      const column = model.header(0, HEADER_COLUMN)
      const parent = columns.at(-1) ?? -1
      if (column <= parent || origins.has(column)) throw damaged('columns that are out of order')
      parents.set(column, parent)
      origins.set(column, { template, place: columns.length })
      columns.push(column)
    }
    constants.push(model.string(undefined, HEADER_CONSTANT))
    templates.push(template)
  }
  const ordered = Array.from({ length: parents.size }, (_, column) => parents.get(column))
  if (ordered.includes(undefined)) throw damaged('a gap between its columns')
  return { templates, parents: ordered.map((parent) => parent ?? -1) }
}

/** Rows of each column, ascending. */
function distribute(
  templates: readonly Template[],
  templateOfRow: Uint32Array,
  columnCount: number,
): readonly Uint32Array[] {
  const counts = new Uint32Array(columnCount)
  let values = 0
  for (const index of templateOfRow) {
    const template = templates[index]
    if (template === undefined) throw damaged('a row of an unknown template')
    values += template.columns.length
    for (const column of template.columns) counts[column]! += 1
  }
  if (values > VALUES_MAX) throw damaged(`${values} values`)
  const rowsOfColumn = Array.from(counts, (count) => new Uint32Array(count))
  counts.fill(0)
  for (let row = 0; row < templateOfRow.length; row++) {
    for (const column of templates[templateOfRow[row]!]!.columns) {
      rowsOfColumn[column]![counts[column]!++] = row
    }
  }
  return rowsOfColumn
}

interface ColumnPlace {
  readonly index: number
  readonly parent: number
}

function readColumn(
  model: TextModel,
  { index, parent }: ColumnPlace,
  source: PredictionSource,
): ColumnValues {
  const plan = readPlan(model)
  const { rows } = source
  if (plan.kind === KIND_STRING) {
    return { plan, parent, rows, numbers: undefined, strings: readStrings(model, index, plan, source) }
  }
  const numbers = new Float64Array(rows.length)
  if (!plan.isExact) model.numbers(index, rows, numbers)
  restoreNumbers(plan, numbers, source)
  return { plan, parent, rows, numbers, strings: undefined }
}

function readPlan(model: TextModel): ColumnPlan {
  const kind = model.header(0, HEADER_PLAN)
  const width = kind > KIND_STRING ? model.header(0, HEADER_PLAN + 1) : 0
  const prediction = model.header(0, HEADER_PLAN + 2)
  if (kind > KIND_FRACTION || width > DIGITS_MAX || prediction > PREDICT_SCALED)
    throw damaged('an unknown kind of column')
  if ((kind === KIND_FIXED || kind === KIND_FRACTION) && width === 0) throw damaged('a column without width')
  const isNumber = kind !== KIND_STRING
  if (prediction <= PREDICT_PREVIOUS) {
    if (prediction === PREDICT_PREVIOUS && !isNumber) throw damaged('strings with a difference')
    return { ...PLAIN_PLAN, kind, width, prediction }
  }
  const ancestor = model.header(0, HEADER_PLAN + 3)
  const field = model.header(0, HEADER_PLAN + 4)
  const variant = model.header(0, HEADER_PLAN + 5)
  const isExact = model.header(0, HEADER_PLAN + 6) === 1
  const isKnown =
    prediction === PREDICT_CLOCK
      ? isNumber && field < CLOCK_FIELDS.length && variant <= 2 * QUARTER_HOURS_MAX
      : ancestor < ANCESTORS_MAX &&
        (prediction === PREDICT_SLOT || (!isNumber && field < SCALES.length && variant < STYLES))
  if (!isKnown) throw damaged('an unknown prediction')
  return { kind, width, prediction, ancestor, field, variant, isExact }
}

function restoreNumbers(plan: ColumnPlan, numbers: Float64Array, source: PredictionSource): void {
  const digits = plan.kind === KIND_FIXED ? plan.width : DIGITS_MAX
  const limit = 10 ** digits
  const predicted = predictNumbers(plan, source)
  if (plan.prediction > PREDICT_PREVIOUS && predicted === undefined)
    throw damaged('a prediction from nothing')
  let before = 0
  for (let at = 0; at < numbers.length; at++) {
    let value = numbers[at]!
    if (predicted !== undefined) value = predicted[at]! + unzigzag(value)
    else if (plan.prediction === PREDICT_PREVIOUS) value = before + unzigzag(value)
    if (!(value >= 0 && value < limit)) throw damaged('a number out of range')
    numbers[at] = value
    before = value
  }
}

function readStrings(
  model: TextModel,
  index: number,
  plan: ColumnPlan,
  source: PredictionSource,
): readonly Uint8Array[] {
  const { rows } = source
  if (plan.prediction === 0) {
    const strings: Uint8Array[] = []
    model.strings(index, rows, strings, rows.length)
    return strings
  }
  const predicted = predictStrings(plan, source)
  if (predicted === undefined) throw damaged('a prediction from nothing')
  if (plan.isExact) return predicted
  const flags = new Uint8Array(rows.length)
  model.misfits(index, flags)
  const misfitRows = rows.filter((_, at) => flags[at] === 1)
  const misfits: Uint8Array[] = []
  model.strings(index, misfitRows, misfits, misfitRows.length)
  let next = 0
  return predicted.map((value, at) => (flags[at] === 1 ? misfits[next++]! : value))
}
