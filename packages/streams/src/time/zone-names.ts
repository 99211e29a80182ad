import { HOUR_MS, MINUTE_MS } from './civil-time.ts'

/** Names of zones that mean one offset wherever they are in use, in hours. The README of the package lists them. */
const OFFSET_HOURS: Readonly<Record<string, number>> = {
  UT: 0,
  UTC: 0,
  UCT: 0,
  GMT: 0,
  WET: 0,
  WEST: 1,
  CET: 1,
  CEST: 2,
  MEST: 2,
  EET: 2,
  EEST: 3,
  MSK: 3,
  SAST: 2,
  PKT: 5,
  NPT: 5.75,
  WIB: 7,
  WITA: 8,
  SGT: 8,
  HKT: 8,
  JST: 9,
  KST: 9,
  AWST: 8,
  ACST: 9.5,
  ACDT: 10.5,
  AEST: 10,
  AEDT: 11,
  NZST: 12,
  NZDT: 13,
  NST: -3.5,
  NDT: -2.5,
  EDT: -4,
  EST: -5,
  MDT: -6,
  MST: -7,
  PDT: -7,
  AKDT: -8,
  AKST: -9,
  HST: -10,
  BRT: -3,
  BRST: -2,
  CLT: -4,
  CLST: -3,
}

/**
 * Names that are zones and mean several: CST and CDT of America, China and Cuba, IST of India, Ireland and Israel, BST of
 * Britain and Bangladesh, PST of America and the Philippines; and names that are words as well, such as CAT and MET.
 */
const AMBIGUOUS: ReadonlySet<string> = new Set(
  'ACT CAT COT EAT ICT MET PET TRT WAT WIT ADT AMST AMT ART AST BDT BOT BST CDT CST ECT GST IDT IRDT IRST IST LMT MMT MSD PHT PST SST UYT VET WAST WST YEKT'.split(
    ' ',
  ),
)

/** Longest first, so that CEST is not read as a name of three letters. */
const NAME_CHARS = [4, 3, 2] as const

/** A name of a zone that stands in a text. */
export interface ZoneName {
  readonly length: number
  /** NaN when it means several. */
  readonly offsetMs: number
}

/** The name of a zone at `at`, as a word of its own in capitals. */
export function zoneNameAt(text: string, at: number): ZoneName | undefined {
  const first = text.charCodeAt(at)
  if (!(first >= 65 && first <= 90)) return undefined
  for (const length of NAME_CHARS) {
    if (continuesName(text.charCodeAt(at + length))) continue
    const name = text.slice(at, at + length)
    if (Object.hasOwn(OFFSET_HOURS, name)) return { length, offsetMs: offsetOf(OFFSET_HOURS[name]!) }
    if (AMBIGUOUS.has(name)) return { length, offsetMs: NaN }
  }
  return undefined
}

function offsetOf(hours: number): number {
  const whole = Math.trunc(hours)
  return whole * HOUR_MS + Math.round((hours - whole) * 60) * MINUTE_MS
}

/** Letters, digits, `_` and `-`: the word goes on. */
function continuesName(code: number): boolean {
  const lower = code | 32
  return (lower >= 97 && lower <= 122) || (code >= 48 && code <= 57) || code === 95 || code === 45
}
