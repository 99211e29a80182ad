import { asBuffer, EMPTY_BYTES } from '@forgeone/common'
import { SEVERITY_CODES } from '../entry/severity.ts'
import type { LineParser, ParsedLine } from './lines/line-parser.ts'
import { createPlainLineParser } from './parsers/plain-line-parser.ts'
import type { LineSlice, LineTerminator } from './lines/line-splitter.ts'

/** One line of a source, or a part of a line above the size limit. */
export interface ImportRow {
  /** The exact bytes without terminator; borrowed from the chunk they came in. */
  readonly message: Uint8Array
  readonly timestamp: number
  /** Severity code. */
  readonly level: number
  readonly terminator: LineTerminator
  /** True when this goes on with the line of the row before it. */
  readonly continued: boolean
  /** False when no time was read from the line: it has that of the line before. */
  readonly parsed: boolean
  /** True when its time is in a zone whose name several share, so that the zone of the settings was taken. */
  readonly hasUnknownZone: boolean
}

/** Bytes of each terminator: message and terminator of all rows in order are the source. */
export const TERMINATOR_BYTES: Readonly<Record<LineTerminator, Uint8Array>> = {
  lf: Uint8Array.of(10),
  crlf: Uint8Array.of(13, 10),
  none: EMPTY_BYTES,
}

/** A byte order mark in UTF-8, decoded as latin1: it hides the time of the first line. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf'

/** Turns slices into rows, in order: lines without a time of their own take that of the line before. */
export class ImportRowBuilder {
  /** Reads the lines from now on. */
  parser: LineParser = createPlainLineParser()
  /** Offset in the source behind the last row. */
  endOffset = 0
  #timestamp: number
  #level: number = SEVERITY_CODES.info
  /** Of the line, also for its later parts. */
  #parsed = false
  #text: Buffer = asBuffer(EMPTY_BYTES)
  #source: Uint8Array = EMPTY_BYTES

  constructor(defaultTimestamp: number) {
    this.#timestamp = defaultTimestamp
  }

  build(slice: LineSlice): ImportRow {
    const { source, start, end, terminator, continued } = slice
    const found = continued ? undefined : this.parser.parse(this.#decode(slice))
    if (found !== undefined) this.#timestamp = found.timestamp
    if (!continued) {
      this.#level = levelOf(found)
      this.#parsed = found !== undefined
    }
    this.endOffset += end - start + TERMINATOR_BYTES[terminator].length
    return {
      message: source.subarray(start, end),
      timestamp: this.#timestamp,
      level: this.#level,
      terminator,
      continued,
      parsed: this.#parsed,
      hasUnknownZone: found?.hasUnknownZone === true,
    }
  }

  #decode({ source, start, end }: LineSlice): string {
    if (source !== this.#source) {
      this.#source = source
      this.#text = asBuffer(source)
    }
    const line = this.#text.toString('latin1', start, end)
    return this.endOffset === 0 && line.startsWith(BYTE_ORDER_MARK)
      ? line.slice(BYTE_ORDER_MARK.length)
      : line
  }
}

function levelOf(found: ParsedLine | undefined): number {
  return found?.level ?? SEVERITY_CODES.info
}
