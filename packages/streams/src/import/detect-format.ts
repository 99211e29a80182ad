import { LOG_FORMATS, type LineParser, type LogFormat, type ParserSettings } from './lines/line-parser.ts'
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
/** A format is trusted that reads so many lines, or this share of them: the rest of a log may be stack traces or headers. */
const TRUSTED_LINES_MIN = 3
const TRUSTED_SHARE_MIN = 0.5

/** The format that fits a sample best. */
export interface FormatDetection {
  readonly format: LogFormat
  /** Share of the sampled lines that the parser reads, from 0 to 1, of those that could begin an entry. */
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
 * Finds the format of sampled lines: the one that reads most of them, if it reads a few, else `plain`. The first of
 * {@link LOG_FORMATS} wins a tie.
 */
export function detectFormat(sampleLines: readonly string[], settings: ParserSettings): FormatDetection {
  const best = bestOf(CANDIDATES, sampleLines, settings)
  const isTrusted = best.parsed >= TRUSTED_LINES_MIN || best.score >= TRUSTED_SHARE_MIN
  return isTrusted && best.parsed > 0 ? best : { ...best, format: 'plain', parser: createPlainLineParser() }
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
): CountedDetection {
  const lines = sampleLines.filter((line) => line.trim() !== '')
  let best: CountedDetection = { format: 'plain', score: 0, parsed: 0, parser: createPlainLineParser() }
  for (const { format, create } of candidates) {
    const { parsed, score } = scoreOf(create(settings), lines)
    const isFirst = best.format === 'plain'
    if (isFirst || parsed > best.parsed) best = { format, score, parsed, parser: create(settings) }
  }
  return best
}

interface CountedDetection extends FormatDetection {
  readonly parsed: number
}

/** Lines that go on with an entry, or tell what the columns are: no parser is worse for not reading them. */
const NO_BEGINNING =
  /^(?:\s|#|Caused by|Traceback |During handling of |The above exception |Suppressed: |\.\.\.|[\])}]|\0)/

function scoreOf(parser: LineParser, lines: readonly string[]): { parsed: number; score: number } {
  let parsed = 0
  let others = 0
  for (const line of lines) {
    if (parser.parse(line) !== undefined) parsed++
    else if (!NO_BEGINNING.test(line)) others++
  }
  return { parsed, score: parsed === 0 ? 0 : parsed / (parsed + others) }
}
