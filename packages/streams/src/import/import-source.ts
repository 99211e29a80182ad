import { asBuffer, ForgeError, type Timer } from '@forgeone/common'
import { parseZone, utcZone } from '../time/zone.ts'
import { detectFormat, isLogFormat, parserOfFormat, type FormatDetection } from './detect-format.ts'
import { ImportRowBuilder, type ImportRow } from './import-row.ts'
import { LateChunks } from './late-chunks.ts'
import { LOG_FORMATS, type LogFormat, type ParserSettings } from './lines/line-parser.ts'
import { whyNoJsonTime } from './parsers/json-line-parser.ts'
import { LineSplitter, type LineSlice } from './lines/line-splitter.ts'
import { SampleWindows } from './sample-windows.ts'

/** A batch becomes one commit: enough lines to share its cost, few enough to stay far from its limits. */
export const IMPORT_BATCH_LINES = 1_000
export const IMPORT_BATCH_BYTES = 4_194_304
/** Lines of a pipe that goes on are kept this long after they came, also one alone. */
const BATCH_MS_MAX = 1_000

export interface ReadLogOptions {
  /** `auto` when absent: the first lines that have a time decide. */
  readonly format?: 'auto' | LogFormat | undefined
  readonly batchLines?: number | undefined
  /** A batch ends with the row that reaches this. */
  readonly batchBytes?: number | undefined
  /** Of times without zone: `UTC` (default), `+02:00` or `Europe/Berlin`. */
  readonly zone?: string | undefined
  /** Of the first line, in formats without year; guessed from `defaultTimestamp` when absent. */
  readonly year?: number | undefined
  /** For lines before the first with a time, usually the time the source was last changed. */
  readonly defaultTimestamp: number
  /**
   * Rows before this offset of the source are read, so that formats, times and years come out as in one run, but not
   * given again; of a line that it is in the middle of, the rest. The chunks must still begin with the source.
   */
  readonly startOffset?: number | undefined
  /** Tells when a batch is to wait no longer; without it each is as large as it may be. */
  readonly timer?: Pick<Timer, 'after'> | undefined
}

/** Rows in the order of the source. */
export interface ImportBatch {
  readonly rows: readonly ImportRow[]
  /** Offset in the source, as it is after decompression, behind the last row. */
  readonly endOffset: number
  readonly detection: Pick<FormatDetection, 'format' | 'score'> & { readonly parserName: string }
}

/**
 * Reads a log from chunks of bytes. Every byte comes back: `message` and `terminator` of all rows are the source.
 * Chunks are borrowed: they must not change while rows of them are in use.
 * @throws STREAM_IMPORT_FORMAT when the format named is unknown, or fits no line of the sample
 * @throws STREAM_TIME_INVALID for an unknown zone
 */
export async function* readLogBatches(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadLogOptions,
): AsyncGenerator<ImportBatch, void, undefined> {
  const batcher = new Batcher(options, parserSettings(options))
  const windows = new SampleWindows()
  const splitter = new LineSplitter((slice) => windows.add(slice))
  const { timer } = options
  await using late = new LateChunks(chunks, timer && { timer, afterMs: BATCH_MS_MAX })
  for (let next = await late.next(); next !== 'end'; next = await late.next()) {
    const isLate = next === 'late'
    if (next !== 'late') splitter.push(next)
    for (
      let window = windows.take(batcher, isLate);
      window !== undefined;
      window = windows.take(batcher, isLate)
    )
      yield* batcher.add(window)
    if (isLate) yield* batcher.finish()
    late.expect(batcher.hasRows || windows.hasLines)
  }
  splitter.flush()
  for (let window = windows.take(batcher, true); window !== undefined; window = windows.take(batcher, true))
    yield* batcher.add(window)
  yield* batcher.finish()
}

function parserSettings(options: ReadLogOptions): ParserSettings {
  const { format = 'auto', zone, year, defaultTimestamp } = options
  if (format !== 'auto' && !isLogFormat(format)) throw formatError('the log format is unknown')
  return { zone: zone === undefined ? utcZone : parseZone(zone), year, now: defaultTimestamp }
}

function formatError(message: string): ForgeError {
  const formats = ['auto', ...LOG_FORMATS]
  return new ForgeError('STREAM_IMPORT_FORMAT', `${message}; formats are ${formats.join(', ')}`, {
    details: { formats },
  })
}

/** Collects rows until a batch is full. */
class Batcher {
  readonly #builder: ImportRowBuilder
  readonly #settings: ParserSettings
  readonly #format: 'auto' | LogFormat
  readonly #linesMax: number
  readonly #bytesMax: number
  readonly #startOffset: number
  #detection: ImportBatch['detection'] | undefined
  #rows: ImportRow[] = []
  #bytes = 0

  constructor(options: ReadLogOptions, settings: ParserSettings) {
    this.#builder = new ImportRowBuilder(options.defaultTimestamp)
    this.#settings = settings
    this.#format = options.format ?? 'auto'
    this.#linesMax = options.batchLines ?? IMPORT_BATCH_LINES
    this.#bytesMax = options.batchBytes ?? IMPORT_BATCH_BYTES
    this.#startOffset = options.startOffset ?? 0
  }

  /** No line that was looked at had a time, and the next may. */
  get seeksFormat(): boolean {
    return this.#detection === undefined || (this.#format === 'auto' && this.#detection.format === 'plain')
  }

  get hasRows(): boolean {
    return this.#rows.length > 0
  }

  *add(window: readonly LineSlice[]): Generator<ImportBatch, void, undefined> {
    if (this.seeksFormat) this.#seekFormat(window)
    for (const slice of window) {
      const begin = this.#builder.endOffset
      const row = this.#builder.build(slice)
      if (this.#builder.endOffset <= this.#startOffset) continue
      this.#rows.push(begin < this.#startOffset ? restOf(row, this.#startOffset - begin) : row)
      this.#bytes += row.message.length
      if (this.#rows.length >= this.#linesMax || this.#bytes >= this.#bytesMax) yield* this.finish()
    }
  }

  /** The rows at hand as a batch, if there are any. */
  *finish(): Generator<ImportBatch, void, undefined> {
    if (this.#rows.length === 0 || this.#detection === undefined) return
    const rows = this.#rows
    this.#rows = []
    this.#bytes = 0
    yield { rows, endOffset: this.#builder.endOffset, detection: this.#detection }
  }

  /** The window is a sample. A cut line counts once. */
  #seekFormat(window: readonly LineSlice[]): void {
    const lines = window
      .filter(({ continued }) => !continued)
      .map(({ source, start, end }) => asBuffer(source).toString('latin1', start, end))
    const isFirst = this.#detection === undefined
    const named = this.#format
    const { format, score, parser } =
      named === 'auto' ? detectFormat(lines, this.#settings) : parserOfFormat(named, lines, this.#settings)
    const isMisnamed = named !== 'auto' && named !== 'plain' && score === 0
    if (isMisnamed && lines.some((line) => line.trim() !== ''))
      throw formatError(
        (named === 'jsonl' ? whyNoJsonTime(lines) : undefined) ??
          `no line at the start of the source is of the format ${named}`,
      )
    if (!isFirst && format === 'plain') return
    this.#detection = { format, score, parserName: parser.name }
    this.#builder.parser = parser
  }
}

/** What of a row lies behind its first bytes: those were stored before the line had its end. */
function restOf(row: ImportRow, storedBytes: number): ImportRow {
  const { message } = row
  // Of `\r\n` the first may have been taken for a part of the line.
  const terminator = storedBytes > message.length ? 'lf' : row.terminator
  return { ...row, message: message.subarray(storedBytes), terminator, continued: true }
}
