import { ForgeError } from '@forgeone/common'

/** How grave a log entry is, from least to most. */
export type LogSeverity = 'trace' | 'debug' | 'info' | 'notice' | 'warn' | 'error' | 'critical'

/** All severities with their stored byte, least first. Frozen: the byte is in every block. */
export const SEVERITY_CODES: Readonly<Record<LogSeverity, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  notice: 11,
  warn: 13,
  error: 17,
  critical: 21,
}

/** Names of all severities, least first. */
export const SEVERITIES: readonly LogSeverity[] = [
  'trace',
  'debug',
  'info',
  'notice',
  'warn',
  'error',
  'critical',
]

const ALIASES: Readonly<Record<LogSeverity, readonly string[]>> = {
  trace: ['verbose', 'finest', 'finer', 'trc'],
  debug: ['dbg', 'fine', 'debug1', 'debug2', 'debug3', 'debug4', 'debug5'],
  info: ['information', 'informational', 'inf', 'log', 'config'],
  notice: ['note'],
  warn: ['warning', 'wrn'],
  error: ['err', 'severe', 'failure', 'eror'],
  critical: ['crit', 'fatal', 'emerg', 'emergency', 'alert', 'panic', 'ftl'],
}

const codeByWord = new Map<string, number>()
for (const severity of SEVERITIES) {
  for (const word of [severity, ...ALIASES[severity]]) {
    // The three spellings logs use are stored, so that the import path folds no strings.
    codeByWord.set(word, SEVERITY_CODES[severity])
    codeByWord.set(word.toUpperCase(), SEVERITY_CODES[severity])
    codeByWord.set(word[0]!.toUpperCase() + word.slice(1), SEVERITY_CODES[severity])
  }
}
const severityByCode = new Map<number, LogSeverity>(
  SEVERITIES.map((severity) => [SEVERITY_CODES[severity], severity]),
)

/** The stored byte of a severity. @throws STREAM_VALUE_INVALID when the name is none */
export function severityCode(severity: LogSeverity): number {
  const code: number | undefined = SEVERITY_CODES[severity]
  if (code === undefined || !Object.hasOwn(SEVERITY_CODES, severity)) throw unknownSeverity('name')
  return code
}

/** The severity of a stored byte. @throws STREAM_VALUE_INVALID when no severity has it */
export function severityFromCode(code: number): LogSeverity {
  const severity = severityByCode.get(code)
  if (severity === undefined) throw unknownSeverity('code')
  return severity
}

/** The code of a level word as logs write it, or undefined: never throws, for the import path. */
export function severityCodeOfWord(word: string): number | undefined {
  return codeByWord.get(word)
}

/**
 * Reads a severity as people write it: any case, and names such as WARNING, ERR, FATAL or EMERG.
 * @throws STREAM_VALUE_INVALID naming the valid ones
 */
export function parseSeverity(text: string): LogSeverity {
  const code = typeof text === 'string' ? codeByWord.get(text.trim().toLowerCase()) : undefined
  if (code === undefined) throw unknownSeverity('name')
  return severityFromCode(code)
}

function unknownSeverity(what: 'name' | 'code'): ForgeError {
  return new ForgeError('STREAM_VALUE_INVALID', `unknown severity ${what}; use ${SEVERITIES.join(', ')}`, {
    details: { field: 'severity', valid: SEVERITIES },
  })
}
