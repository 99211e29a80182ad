/** How a line with a time prefix names its level. */
export type LevelRule =
  /** A level word soon after the time. */
  | { readonly kind: 'word' }
  /** The field of that number, counted from 0 and parted by blanks. */
  | { readonly kind: 'field'; readonly field: number }
  /** One letter, in the first column or in a column of its own. */
  | { readonly kind: 'letter'; readonly place: 'first' | 'column' }

/** A time as some system writes it at the head of its lines. */
export interface TimePrefix {
  readonly name: string
  /** See TimeTemplate for the fields. */
  readonly template: string
  readonly level: LevelRule
}

const word: LevelRule = { kind: 'word' }

/** Detection takes the first of those that fit most lines, so the stricter ones come first. */
export const TIME_PREFIXES: readonly TimePrefix[] = [
  { name: 'apache-error', template: '[%a %b %d %H:%M:%S%f %Y]', level: word },
  { name: 'bgl', template: '%w %s %Y.%m.%d ', level: { kind: 'field', field: 8 } },
  { name: 'hdfs', template: '%y%m%d %H%M%S ', level: word },
  { name: 'mysql', template: '%y%m%d %H:%M:%S ', level: word },
  { name: 'spark', template: '%y/%m/%d %H:%M:%S%f%z ', level: word },
  { name: 'slash', template: '%Y/%m/%d %H:%M:%S%f%z', level: word },
  { name: 'bracketed-iso', template: '[%Y-%m-%d %H:%M:%S%f%z]', level: word },
  { name: 'bracketed-iso-t', template: '[%Y-%m-%dT%H:%M:%S%f%z]', level: word },
  { name: 'bracketed-access', template: '[%d/%b/%Y:%H:%M:%S%f%z]', level: word },
  { name: 'bracketed-php', template: '[%d-%b-%Y %H:%M:%S%f%z]', level: word },
  { name: 'tomcat', template: '%d-%b-%Y %H:%M:%S%f%z ', level: word },
  { name: 'day-month-name', template: '%d %b %Y %H:%M:%S%f%z', level: word },
  { name: 'day-slash-month-name', template: '%d/%b/%Y %H:%M:%S%f%z', level: word },
  { name: 'java-util', template: '%b %d, %Y %I:%M:%S %p%z', level: word },
  { name: 'ctime', template: '%a %b %d %H:%M:%S%f %Y', level: word },
  { name: 'ctime-zone', template: '%a %b %d %H:%M:%S%z %Y', level: word },
  { name: 'proxifier', template: '[%m.%d %H:%M:%S]', level: word },
  { name: 'logcat', template: '%m-%d %H:%M:%S%f ', level: { kind: 'letter', place: 'column' } },
  { name: 'db2', template: '%Y-%m-%d-%H.%M.%S%f', level: word },
  { name: 'health-app', template: '%Y%m%d-%H:%M:%S:%f', level: word },
  { name: 'iso-basic', template: '%Y%m%dT%H%M%S%f%z', level: word },
  { name: 'us', template: '%m/%d/%Y %H:%M:%S%f%z', level: word },
  { name: 'us-12h', template: '%m/%d/%Y %I:%M:%S %p%z', level: word },
  { name: 'german', template: '%d.%m.%Y %H:%M:%S%f%z', level: word },
  { name: 'glog', template: '%L%m%d %H:%M:%S%f', level: { kind: 'letter', place: 'first' } },
  { name: 'epoch-s', template: '%s%f ', level: word },
  { name: 'epoch-ms', template: '%Q ', level: word },
  // A word in front fits much, so these come last.
  { name: 'redis', template: '%w %d %b %Y %H:%M:%S%f%z', level: word },
  { name: 'file-name-iso', template: '%w %Y-%m-%d %H:%M:%S%f%z', level: word },
]
