import { SEVERITY_CODES, severityCodeOfWord } from '../../entry/severity.ts'
import { scanMembers } from './json-members.ts'
import { SYSLOG_LEVELS } from './syslog-line-parser.ts'

/** pino and bunyan: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
const PINO_LEVELS: readonly number[] = [
  SEVERITY_CODES.trace,
  SEVERITY_CODES.trace,
  SEVERITY_CODES.debug,
  SEVERITY_CODES.info,
  SEVERITY_CODES.warn,
  SEVERITY_CODES.error,
  SEVERITY_CODES.critical,
]
/** `PRIORITY` of journald, `@l` of Serilog, `log.level` of ECS, `severityText` of OpenTelemetry, `s` of MongoDB. */
const LEVEL_KEYS: ReadonlySet<string> = new Set([
  'level',
  'severity',
  'lvl',
  'levelname',
  'loglevel',
  'log_level',
  '@level',
  '@l',
  'log.level',
  'PRIORITY',
  'severityText',
])
const MONGO_LEVELS: Readonly<Record<string, number>> = {
  D: SEVERITY_CODES.debug,
  I: SEVERITY_CODES.info,
  W: SEVERITY_CODES.warn,
  E: SEVERITY_CODES.error,
  F: SEVERITY_CODES.critical,
}

/** True for members at the top that may name a level. */
export function isLevelMember(key: string): boolean {
  return LEVEL_KEYS.has(key) || key === 'log' || key === 'severityNumber' || key === 's'
}

/** The severity code that the JSON of such a member names; undefined when it names none. */
export function levelOfMember(key: string, value: string): number | undefined {
  if (key === 'log') return value.startsWith('{') ? nestedLevel(value) : undefined
  if (key === 'severityNumber') return levelOfOpenTelemetry(Number(value))
  const isText = value.startsWith('"')
  const text = isText ? value.slice(1, -1) : value
  if (key === 's') return /^D\d$/.test(text) ? SEVERITY_CODES.debug : MONGO_LEVELS[text]
  if (isText && !/^\d{1,2}$/.test(text))
    return severityCodeOfWord(text) ?? severityCodeOfWord(text.toLowerCase())
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) return undefined
  // GELF and journald write the syslog severities 0 to 7.
  return number < 8 ? SYSLOG_LEVELS[number] : PINO_LEVELS[Math.min(Math.floor(number / 10), 6)]
}

/** ECS may nest what it writes with a dot elsewhere. */
function nestedLevel(text: string): number | undefined {
  let level: number | undefined
  scanMembers(text, (key, start, end) => {
    if (key === 'level') level = levelOfMember(key, text.slice(start, end))
    return level === undefined
  })
  return level
}

/** Its numbers go from 1 to 24, in fours; ours are the first of each four. */
function levelOfOpenTelemetry(number: number): number | undefined {
  if (!Number.isInteger(number) || number < 1 || number > 24) return undefined
  return Math.floor((number - 1) / 4) * 4 + 1
}
