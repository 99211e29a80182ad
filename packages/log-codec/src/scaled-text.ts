/**
 * A number that repeats another one in a larger unit: `1.15` beside `1186` is its thousands of 1,024, cut after three
 * digits. A style is `shape + SHAPES * cut + 2 * SHAPES * trimmed`.
 */
export const SCALES: readonly number[] = [
  1000, 1024, 1_000_000, 1_048_576, 1_000_000_000, 1_073_741_824, 60, 3600, 10, 100,
]
/** Digits behind the point: fixed, or what is left of so many digits in all. */
const SHAPES: readonly { readonly decimals: number; readonly digits: number }[] = [
  { decimals: 0, digits: 0 },
  { decimals: 1, digits: 0 },
  { decimals: 2, digits: 0 },
  { decimals: 3, digits: 0 },
  { decimals: 0, digits: 3 },
  { decimals: 0, digits: 4 },
]
export const STYLES: number = SHAPES.length * 4

const POWERS = [1, 10, 100, 1000, 10_000]

/** @param style below STYLES @param scale index into SCALES */
export function scaledText(value: number, { scale, style }: { scale: number; style: number }): string {
  const { decimals, digits } = SHAPES[style % SHAPES.length]!
  const isCut = Math.floor(style / SHAPES.length) % 2 === 1
  const isTrimmed = style >= 2 * SHAPES.length
  const unit = SCALES[scale]!
  const whole = Math.floor(value / unit)
  const places = digits === 0 ? decimals : Math.max(0, digits - String(whole).length)
  const scaled = (value * POWERS[places]!) / unit
  const text = String(isCut ? Math.floor(scaled) : Math.round(scaled)).padStart(places + 1, '0')
  if (places === 0) return text
  const pointed = `${text.slice(0, -places)}.${text.slice(-places)}`
  return isTrimmed ? pointed.replace(/\.?0+$/, '') : pointed
}
