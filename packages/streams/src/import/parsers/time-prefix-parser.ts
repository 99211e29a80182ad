import { SEVERITY_CODES, severityCodeOfWord } from '../../entry/severity.ts'
import { findLevel } from '../lines/level-word.ts'
import type { LineParser, ParsedLine, ParserSettings } from '../lines/line-parser.ts'
import type { LevelRule, TimePrefix } from './time-prefixes.ts'
import { TimeTemplate } from './time-template.ts'

/** The letters of glog and Android. */
const LETTER_LEVELS: Readonly<Record<string, number>> = {
  V: SEVERITY_CODES.trace,
  D: SEVERITY_CODES.debug,
  I: SEVERITY_CODES.info,
  W: SEVERITY_CODES.warn,
  E: SEVERITY_CODES.error,
  F: SEVERITY_CODES.critical,
}
const LETTER_COLUMN = /[\d ]*([VDIWEF])[ /]/y

/** Lines that begin with one of the known time prefixes. */
export function createTimePrefixParser(prefix: TimePrefix, settings: ParserSettings): LineParser {
  const template = new TimeTemplate(prefix.template, settings)
  return {
    format: 'time-prefix',
    name: prefix.name,
    parse: (line): ParsedLine | undefined => {
      const timestamp = template.read(line)
      if (Number.isNaN(timestamp)) return undefined
      const level = readLevel(prefix.level, line, template.end)
      return { timestamp, level, hasUnknownZone: template.hasUnknownZone }
    },
  }
}

function readLevel(rule: LevelRule, line: string, at: number): number | undefined {
  switch (rule.kind) {
    case 'word':
      return findLevel(line, at)
    case 'field':
      return severityCodeOfWord(fieldOf(line, rule.field))
    case 'letter':
      return LETTER_LEVELS[rule.place === 'first' ? line.charAt(0) : letterOfColumn(line, at)]
  }
}

function fieldOf(line: string, number: number): string {
  let start = 0
  for (let field = 0; field < number; field += 1) {
    start = line.indexOf(' ', start) + 1
    if (start === 0) return ''
  }
  const end = line.indexOf(' ', start)
  return end === -1 ? line.slice(start) : line.slice(start, end)
}

function letterOfColumn(line: string, at: number): string {
  LETTER_COLUMN.lastIndex = at
  return LETTER_COLUMN.exec(line)?.[1] ?? ''
}
