import type { ZoneOffset } from '../../time/zone.ts'

/** The families of log formats the import knows. */
export type LogFormat = 'jsonl' | 'syslog' | 'access' | 'iso' | 'time-prefix' | 'plain'

/** All formats, in the order in which detection prefers them. */
export const LOG_FORMATS: readonly LogFormat[] = ['jsonl', 'syslog', 'access', 'iso', 'time-prefix', 'plain']

/** What a parser found out about a line. */
export interface ParsedLine {
  readonly timestamp: number
  /** Severity code; absent when the line names none. */
  readonly level?: number | undefined
  /** True when the zone of the settings was taken, since the line names one that several zones share. */
  readonly hasUnknownZone?: boolean | undefined
}

/**
 * Reads time and level of lines of one format. Lines come in order, decoded as latin1, which never fails and keeps
 * ASCII as it is; a parser may keep state, such as the year of a format without years.
 */
export interface LineParser {
  readonly format: LogFormat
  /** The format, or the one of several time prefixes. */
  readonly name: string
  /** Undefined when the line is not of the format. */
  parse(line: string): ParsedLine | undefined
}

/** What lines may leave open. */
export interface ParserSettings {
  /** Of times without zone. */
  readonly zone: ZoneOffset
  /** Of the first line, in formats without year; guessed from `now` when absent. */
  readonly year?: number | undefined
  /** Lines without year are taken to be no later than this, give or take a day. */
  readonly now: number
}
