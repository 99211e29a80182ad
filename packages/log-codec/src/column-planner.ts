import { asBuffer } from '@forgeone/common'
import type { ByteDictionary } from './byte-dictionary.ts'
import { Clock, CLOCK_FIELD_MAX, CLOCK_FIELDS, type ClockField } from './clock-field.ts'
import {
  DIGITS_MAX,
  KIND_DECIMAL,
  KIND_FIXED,
  KIND_FRACTION,
  PLAIN_PLAN,
  PREDICT_CLOCK,
  PREDICT_NOTHING,
  PREDICT_PREVIOUS,
  PREDICT_SCALED,
  PREDICT_SLOT,
  QUARTER_HOUR_MS,
  QUARTER_HOURS_MAX,
  zigzag,
  type ColumnPlan,
} from './column-plan.ts'
import { predictNumbers, predictStrings, type PredictionSource } from './column-prediction.ts'
import { sameBytes } from './same-bytes.ts'
import { placeOfRow } from './place-of-row.ts'
import { SCALES, scaledText, STYLES } from './scaled-text.ts'

/** UTC first: of zones that fit equally well the first is taken. */
const ZONE_QUARTERS: readonly number[] = [
  0,
  ...Array.from({ length: QUARTER_HOURS_MAX }, (_, at) => [at + 1, -at - 1]).flat(),
]
const UTC_ONLY: readonly number[] = [0]
const MINUTE_QUARTERS: readonly number[] = [0, 2, 1, 3]

/** A column as it stands in the texts. */
export interface RawColumn extends PredictionSource {
  readonly text: Uint8Array
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

export interface PlannedColumn {
  readonly plan: ColumnPlan
  readonly numbers: Float64Array | undefined
  /** What is coded of the numbers. */
  readonly residuals: Float64Array | undefined
  readonly strings: Uint8Array[] | undefined
}

/** Rows looked at to find a prediction; with fewer than SAMPLE_ROWS_MIN it is a matter of chance. */
const SAMPLE_ROWS = 40
const SAMPLE_ROWS_MIN = 3
const MATCH_SHARE = 0.9
/** Values that the cost of a transform is estimated from. */
const COST_VALUES = 512

/** Chooses kind and prediction of a column. */
export function planColumn(column: RawColumn, dictionary: ByteDictionary): PlannedColumn {
  const decimals = parseNumbers(column)
  if (decimals !== undefined) return planNumbers(column, decimals.plan, decimals.numbers)
  const prediction = findStringPrediction(column)
  const fractions = prediction === undefined ? parseFractions(column) : undefined
  if (fractions !== undefined) return planNumbers(column, fractions.plan, fractions.numbers)
  return planStrings(column, prediction, dictionary)
}

interface ParsedNumbers {
  readonly plan: ColumnPlan
  readonly numbers: Float64Array
}

function parseNumbers({ text, starts, ends }: RawColumn): ParsedNumbers | undefined {
  const numbers = new Float64Array(starts.length)
  const width = ends[0]! - starts[0]!
  let isFixed = true
  let isPlain = true
  for (let at = 0; at < starts.length; at++) {
    const start = starts[at]!
    const end = ends[at]!
    if (end - start !== width) isFixed = false
    if (text[start] === 0x30 && end - start > 1) isPlain = false
    if (!isFixed && !isPlain) return undefined
    const value = parseDigits(text, start, end)
    if (value === -1) return undefined
    numbers[at] = value
  }
  return {
    plan: { ...PLAIN_PLAN, kind: isPlain ? KIND_DECIMAL : KIND_FIXED, width: isPlain ? 0 : width },
    numbers,
  }
}

/** @returns -1 unless the bytes are 1 to DIGITS_MAX digits */
function parseDigits(text: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > DIGITS_MAX) return -1
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = text[at]! - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

function parseFractions({ text, starts, ends }: RawColumn): ParsedNumbers | undefined {
  const point = text.indexOf(0x2e, starts[0])
  const width = ends[0]! - point - 1
  if (point === -1 || width < 1) return undefined
  const unit = 10 ** width
  const numbers = new Float64Array(starts.length)
  for (let at = 0; at < starts.length; at++) {
    const start = starts[at]!
    const end = ends[at]!
    const before = end - width - 1
    if (before <= start || end - start > DIGITS_MAX || text[before] !== 0x2e) return undefined
    if (text[start] === 0x30 && before - start > 1) return undefined
    const whole = parseDigits(text, start, before)
    const part = parseDigits(text, before + 1, end)
    if (whole === -1 || part === -1) return undefined
    numbers[at] = whole * unit + part
  }
  return { plan: { ...PLAIN_PLAN, kind: KIND_FRACTION, width }, numbers }
}

function planNumbers(column: RawColumn, kindPlan: ColumnPlan, numbers: Float64Array): PlannedColumn {
  const clock = findClock(column, kindPlan, numbers)
  const { plan, residuals } = clock ?? cheapestResiduals(column, kindPlan, numbers)
  const isExact = plan.prediction > PREDICT_PREVIOUS && residuals.every((value) => value === 0)
  return { plan: { ...plan, isExact }, numbers, residuals, strings: undefined }
}

interface Residuals {
  readonly plan: ColumnPlan
  readonly residuals: Float64Array
}

function cheapestResiduals(column: RawColumn, plan: ColumnPlan, numbers: Float64Array): Residuals {
  const sample = numbers.subarray(0, COST_VALUES)
  const sampled: PredictionSource = { ...column, rows: column.rows.subarray(0, COST_VALUES) }
  let best = plan
  let bestCost = cost(sample)
  const consider = (candidate: ColumnPlan, penalty: number): void => {
    const candidateCost = cost(residualsOf(candidate, sample, sampled)) * penalty
    if (candidateCost >= bestCost) return
    best = candidate
    bestCost = candidateCost
  }
  consider({ ...plan, prediction: PREDICT_PREVIOUS }, 1.02)
  for (const [ancestor, { numbers: above }] of column.ancestors.entries()) {
    if (above !== undefined) consider({ ...plan, prediction: PREDICT_SLOT, ancestor }, 1.05)
  }
  return { plan: best, residuals: residualsOf(best, numbers, column) }
}

function residualsOf(plan: ColumnPlan, numbers: Float64Array, source: PredictionSource): Float64Array {
  if (plan.prediction === PREDICT_NOTHING) return numbers.slice()
  if (plan.prediction !== PREDICT_PREVIOUS) return differences(numbers, predictNumbers(plan, source)!)
  const steps = new Float64Array(numbers.length)
  for (let at = 0; at < numbers.length; at++)
    steps[at] = zigzag(numbers[at]! - (at === 0 ? 0 : numbers[at - 1]!))
  return steps
}

function differences(numbers: Float64Array, predicted: Float64Array): Float64Array {
  const residuals = new Float64Array(numbers.length)
  for (let at = 0; at < numbers.length; at++) residuals[at] = zigzag(numbers[at]! - predicted[at]!)
  return residuals
}

/** Bits that an adaptive model would need, roughly: by the magnitude of values, or by how often they repeat. */
function cost(values: Float64Array): number {
  const counts = new Map<number, number>()
  let bits = 0
  for (const value of values) {
    bits += 1 + 1.3 * Math.log2(1 + value)
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  let entropy = 0
  for (const [value, count] of counts) {
    entropy += count * Math.log2(values.length / count) + 2 + 1.3 * Math.log2(1 + value)
  }
  return Math.min(bits, entropy)
}

function findClock(column: RawColumn, plan: ColumnPlan, numbers: Float64Array): Residuals | undefined {
  const sample = sampleOf(numbers.length)
  if (sample.length < SAMPLE_ROWS_MIN) return undefined
  let best: { field: number; quarters: number } | undefined
  let bestMatches = sample.length * MATCH_SHARE
  let largest = 0
  for (const at of sample) if (numbers[at]! > largest) largest = numbers[at]!
  for (const [field, name] of CLOCK_FIELDS.entries()) {
    if (largest > CLOCK_FIELD_MAX[name]) continue
    for (const quarters of quartersOf(name)) {
      const matches = countClockMatches(column, numbers, sample, { name, quarters })
      if (matches <= bestMatches) continue
      best = { field, quarters }
      bestMatches = matches
    }
  }
  if (best === undefined) return undefined
  const variant = best.quarters + QUARTER_HOURS_MAX
  const clockPlan = { ...plan, prediction: PREDICT_CLOCK, field: best.field, variant }
  return { plan: clockPlan, residuals: differences(numbers, predictNumbers(clockPlan, column)!) }
}

/** No zone differs from UTC in its seconds, and few do in their minutes. */
function quartersOf(field: ClockField): readonly number[] {
  if (field === 'minute') return MINUTE_QUARTERS
  const isZoned =
    field === 'year' || field === 'yearOfCentury' || field === 'month' || field === 'day' || field === 'hour'
  return isZoned ? ZONE_QUARTERS : UTC_ONLY
}

function countClockMatches(
  { rows, timestamps }: RawColumn,
  numbers: Float64Array,
  sample: readonly number[],
  { name, quarters }: { name: ClockField; quarters: number },
): number {
  const clock = new Clock(quarters * QUARTER_HOUR_MS)
  const missesMax = sample.length * (1 - MATCH_SHARE)
  let misses = 0
  let sum = 0
  for (const [index, at] of sample.entries()) {
    const expected = clock.field(name, timestamps[rows[at]!]!)
    const surplus = numbers[at]! - expected
    sum += expected
    if (surplus === 0 || (name === 'microsecond' && surplus > 0 && surplus < 1000)) continue
    misses += 1
    if (misses > missesMax || (misses > 1 && index < 4)) return 0
  }
  // A field that is always zero says nothing.
  return sum === 0 ? 0 : sample.length - misses
}

function sampleOf(length: number): readonly number[] {
  const step = Math.max(1, Math.floor(length / SAMPLE_ROWS))
  const sample: number[] = []
  for (let at = 0; at < length; at += step) sample.push(at)
  return sample
}

function planStrings(
  column: RawColumn,
  prediction: ColumnPlan | undefined,
  dictionary: ByteDictionary,
): PlannedColumn {
  const { text, starts, ends } = column
  const strings: Uint8Array[] = []
  for (let at = 0; at < starts.length; at++) strings.push(dictionary.intern(text, starts[at]!, ends[at]!))
  if (prediction === undefined) return { plan: PLAIN_PLAN, numbers: undefined, residuals: undefined, strings }
  const predicted = predictStrings(prediction, column)!
  const isExact = strings.every((value, at) => sameBytes(value, predicted[at]!))
  return { plan: { ...prediction, isExact }, numbers: undefined, residuals: undefined, strings }
}

function findStringPrediction(column: RawColumn): ColumnPlan | undefined {
  const { text, starts, ends, rows } = column
  const sample = sampleOf(rows.length)
  if (sample.length < SAMPLE_ROWS_MIN) return undefined
  const missesMax = sample.length * (1 - MATCH_SHARE)
  const values = sample.map((at) => text.subarray(starts[at]!, ends[at]!))
  const texts = values.map((value) => asBuffer(value).toString('latin1'))
  for (const [ancestor, { rows: rowsAbove, numbers, strings }] of column.ancestors.entries()) {
    const places = sample.map((at) => placeOfRow(rowsAbove, rows[at]!))
    if (strings !== undefined) {
      const misses = values.filter((value, at) => !sameBytes(value, strings[places[at]!]!)).length
      if (misses <= missesMax) return { ...PLAIN_PLAN, prediction: PREDICT_SLOT, ancestor }
      continue
    }
    const pairs = texts.map((value, at) => ({ value, number: numbers![places[at]!]! }))
    const scaled = findScale(pairs, missesMax)
    if (scaled === undefined) continue
    return { ...PLAIN_PLAN, prediction: PREDICT_SCALED, ancestor, field: scaled.scale, variant: scaled.style }
  }
  return undefined
}

function findScale(
  pairs: readonly { readonly value: string; readonly number: number }[],
  missesMax: number,
): { scale: number; style: number } | undefined {
  for (let scale = 0; scale < SCALES.length; scale++) {
    for (let style = 0; style < STYLES; style++) {
      let misses = 0
      for (const { value, number } of pairs) {
        if (value !== scaledText(number, { scale, style })) misses += 1
        if (misses > missesMax) break
      }
      if (misses <= missesMax) return { scale, style }
    }
  }
  return undefined
}
