import { Clock, CLOCK_FIELDS } from './clock-field.ts'
import {
  PREDICT_CLOCK,
  PREDICT_SLOT,
  QUARTER_HOUR_MS,
  QUARTER_HOURS_MAX,
  type ColumnPlan,
  type ColumnValues,
} from './column-plan.ts'
import { scaledText } from './scaled-text.ts'

/** What a column may be predicted from. */
export interface PredictionSource {
  readonly rows: Uint32Array
  readonly timestamps: Float64Array
  /** Columns to its left, the nearest first. */
  readonly ancestors: readonly ColumnValues[]
}

/** Numbers expected in a column: from the clock, or from a column to its left. @returns undefined without prediction */
export function predictNumbers(plan: ColumnPlan, source: PredictionSource): Float64Array | undefined {
  if (plan.prediction === PREDICT_CLOCK) return clockNumbers(plan, source)
  if (plan.prediction !== PREDICT_SLOT) return undefined
  const ancestor = source.ancestors[plan.ancestor]
  if (ancestor?.numbers === undefined) return undefined
  const { numbers } = ancestor
  const places = alignRows(ancestor.rows, source.rows)
  const predicted = new Float64Array(places.length)
  for (let at = 0; at < places.length; at++) predicted[at] = numbers[places[at]!]!
  return predicted
}

function clockNumbers(plan: ColumnPlan, { rows, timestamps }: PredictionSource): Float64Array {
  const clock = new Clock((plan.variant - QUARTER_HOURS_MAX) * QUARTER_HOUR_MS)
  const field = CLOCK_FIELDS[plan.field]!
  const numbers = new Float64Array(rows.length)
  let before = Number.NaN
  let value = 0
  for (let at = 0; at < rows.length; at++) {
    const timestamp = timestamps[rows[at]!]!
    if (timestamp !== before) value = clock.field(field, timestamp)
    before = timestamp
    numbers[at] = value
  }
  return numbers
}

/** Strings expected in a column: those of a column to its left, or its numbers in another unit. */
export function predictStrings(plan: ColumnPlan, source: PredictionSource): Uint8Array[] | undefined {
  const ancestor = source.ancestors[plan.ancestor]
  if (ancestor === undefined) return undefined
  const { numbers, strings } = ancestor
  const places = alignRows(ancestor.rows, source.rows)
  const predicted: Uint8Array[] = []
  if (plan.prediction === PREDICT_SLOT) {
    if (strings === undefined) return undefined
    for (const place of places) predicted.push(strings[place]!)
    return predicted
  }
  if (numbers === undefined) return undefined
  const known = new Map<number, Uint8Array>()
  for (const place of places) {
    const number = numbers[place]!
    let text = known.get(number)
    if (text === undefined) {
      text = Buffer.from(scaledText(number, { scale: plan.field, style: plan.variant }), 'latin1')
      known.set(number, text)
    }
    predicted.push(text)
  }
  return predicted
}

/** Places of `wanted` rows among the rows of a column to the left, which holds all of them. */
function alignRows(rows: Uint32Array, wanted: Uint32Array): Uint32Array {
  const places = new Uint32Array(wanted.length)
  let place = 0
  for (let at = 0; at < wanted.length; at++) {
    while (rows[place]! < wanted[at]!) place += 1
    places[at] = place
  }
  return places
}
