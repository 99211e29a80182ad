/** What the bytes of a column's values are. The numbers are part of the format. */
export const KIND_STRING = 0
/** Decimal without leading zeros, below 10^15. */
export const KIND_DECIMAL = 1
/** Decimal of `width` digits. */
export const KIND_FIXED = 2
/** Decimal with `width` digits behind the point. */
export const KIND_FRACTION = 3

/** What a value is coded against. */
export const PREDICT_NOTHING = 0
export const PREDICT_PREVIOUS = 1
/** Numbers: a field of the row's timestamp. */
export const PREDICT_CLOCK = 2
/** The value `ancestor` slots to the left. */
export const PREDICT_SLOT = 3
/** Strings: the number `ancestor` slots to the left in another unit. */
export const PREDICT_SCALED = 4

/** Digits of a number that doubles hold exactly, with room for a difference. */
export const DIGITS_MAX = 15
/** Slots to the left that a value may repeat. */
export const ANCESTORS_MAX = 6
export const QUARTER_HOUR_MS = 900_000
/** No zone is further from UTC than 14 hours. */
export const QUARTER_HOURS_MAX = 56

export interface ColumnPlan {
  readonly kind: number
  readonly width: number
  readonly prediction: number
  readonly ancestor: number
  /** Of a clock: index of the field. Of a scaled value: index of the scale. */
  readonly field: number
  /** Of a clock: quarter hours from UTC + QUARTER_HOURS_MAX. Of a scaled value: its style. */
  readonly variant: number
  /** Every value is as predicted, so that none is coded. */
  readonly isExact: boolean
}

export const PLAIN_PLAN: ColumnPlan = {
  kind: KIND_STRING,
  width: 0,
  prediction: PREDICT_NOTHING,
  ancestor: 0,
  field: 0,
  variant: 0,
  isExact: false,
}

/** Values of a column in row order: numbers, or strings. */
export interface ColumnValues {
  readonly plan: ColumnPlan
  readonly parent: number
  readonly rows: Uint32Array
  readonly numbers: Float64Array | undefined
  readonly strings: readonly Uint8Array[] | undefined
}

/** Columns to the left, the nearest first. */
export function ancestorsOf(columns: readonly ColumnValues[], parent: number): readonly ColumnValues[] {
  const ancestors: ColumnValues[] = []
  for (let above = parent; above !== -1 && ancestors.length < ANCESTORS_MAX; above = columns[above]!.parent) {
    ancestors.push(columns[above]!)
  }
  return ancestors
}

/** 0, -1, 1, -2 … as 0, 1, 2, 3 … */
export function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1
}

export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}
