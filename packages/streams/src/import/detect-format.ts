import { LOG_FORMATS, type LineParser, type LogFormat, type ParserSettings } from './line-parser.ts'
import { createAccessLineParser } from './parsers/access-line-parser.ts'
import { createIsoLineParser } from './parsers/iso-line-parser.ts'
import { createJsonLineParser } from './parsers/json-line-parser.ts'
import { createPlainLineParser } from './parsers/plain-line-parser.ts'
import { createSyslogLineParser } from './parsers/syslog-line-parser.ts'
import { createTimePrefixParser } from './parsers/time-prefix-parser.ts'
import { TIME_PREFIXES } from './parsers/time-prefixes.ts'

/** A sample is complete with this many lines or bytes, whichever comes first. */
export const SAMPLE_LINES_MAX = 200
export const SAMPLE_BYTES_MAX = 65_536
/** Below this share of lines a format is not trusted: stack traces make up the rest of many logs. */
export const DETECTION_SCORE_MIN = 0.8

/** The format that fits a sample best. */
export interface FormatDetection {
  readonly format: LogFormat
  /** Share of the sampled lines the parser reads, from 0 to 1; blank lines do not count. */
  readonly score: number
  /** Fresh: it has not seen the sample. */
  readonly parser: LineParser
}

type CreateParser = (settings: ParserSettings) => LineParser

interface Candidate {
  readonly format: LogFormat
  readonly create: CreateParser
}

const CANDIDATES: readonly Candidate[] = [
  { format: 'jsonl', create: createJsonLineParser },
  { format: 'syslog', create: createSyslogLineParser },
  { format: 'access', create: createAccessLineParser },
  { format: 'iso', create: createIsoLineParser },
  ...TIME_PREFIXES.map((prefix): Candidate => ({
    format: 'time-prefix',
    create: (settings) => createTimePrefixParser(prefix, settings),
  })),
]

/**
 * Finds the format of sampled lines: the best with at least {@link DETECTION_SCORE_MIN} of them, else `plain`. The first
 * of {@link LOG_FORMATS} wins a tie.
 */
export function detectFormat(sampleLines: readonly string[], settings: ParserSettings): FormatDetection {
  const best = bestOf(CANDIDATES, sampleLines, settings)
  return best.score >= DETECTION_SCORE_MIN
    ? best
    : { ...best, format: 'plain', parser: createPlainLineParser() }
}

/** The parser of a format that was named; for time prefixes the one that fits the sample best. */
export function parserOfFormat(
  format: LogFormat,
  sampleLines: readonly string[],
  settings: ParserSettings,
): FormatDetection {
  const candidates = CANDIDATES.filter((candidate) => candidate.format === format)
  return bestOf(candidates, sampleLines, settings)
}

/** True when the text names a format. */
export function isLogFormat(text: string): text is LogFormat {
  return LOG_FORMATS.some((format) => format === text)
}

function bestOf(
  candidates: readonly Candidate[],
  sampleLines: readonly string[],
  settings: ParserSettings,
): FormatDetection {
  const lines = sampleLines.filter((line) => line.trim() !== '')
  let best: FormatDetection = { format: 'plain', score: 0, parser: createPlainLineParser() }
  for (const { format, create } of candidates) {
    const score = lines.length === 0 ? 0 : countParsed(create(settings), lines) / lines.length
    const isFirst = best.format === 'plain'
    if (isFirst || score > best.score) best = { format, score, parser: create(settings) }
  }
  return best
}

function countParsed(parser: LineParser, lines: readonly string[]): number {
  let parsed = 0
  for (const line of lines) if (parser.parse(line) !== undefined) parsed += 1
  return parsed
}
