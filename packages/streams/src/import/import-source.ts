import { asBuffer, ForgeError } from '@forgeone/common'
import { parseZone, utcZone } from '../time/zone.ts'
import {
  detectFormat,
  isLogFormat,
  parserOfFormat,
  SAMPLE_BYTES_MAX,
  SAMPLE_LINES_MAX,
  type FormatDetection,
} from './detect-format.ts'
import { ImportRowBuilder, type ImportRow } from './import-row.ts'
import { LOG_FORMATS, type LogFormat, type ParserSettings } from './line-parser.ts'
import { LineSplitter, type LineSlice } from './line-splitter.ts'

/** A batch becomes one commit: enough lines to share its cost, few enough to stay far from its limits. */
export const IMPORT_BATCH_LINES = 1_000
export const IMPORT_BATCH_BYTES = 4_194_304

export interface ReadLogOptions {
  /** `auto` when absent: the first lines decide. */
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
   * given again. Use an `endOffset`; the chunks must still begin with the source.
   */
  readonly startOffset?: number | undefined
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
  const settings = parserSettings(options)
  const sample = new SampledLines()
  const splitter = new LineSplitter((slice) => sample.add(slice))
  let batcher: Batcher | undefined
  for await (const chunk of chunks) {
    splitter.push(chunk)
    if (batcher === undefined && sample.isComplete) batcher = startBatches(sample, options, settings)
    if (batcher !== undefined) yield* batcher.add(sample.takeAll())
  }
  splitter.flush()
  batcher ??= startBatches(sample, options, settings)
  yield* batcher.add(sample.takeAll())
  yield* batcher.finish()
}

function parserSettings(options: ReadLogOptions): ParserSettings {
  const { format = 'auto', zone, year, defaultTimestamp } = options
  if (format !== 'auto' && !isLogFormat(format)) throw formatError('the log format is unknown')
  return { zone: zone === undefined ? utcZone : parseZone(zone), year, now: defaultTimestamp }
}

function startBatches(sample: SampledLines, options: ReadLogOptions, settings: ParserSettings): Batcher {
  const { format = 'auto' } = options
  const lines = sample.texts()
  const detection =
    format === 'auto' ? detectFormat(lines, settings) : parserOfFormat(format, lines, settings)
  const isMisnamed = format !== 'auto' && format !== 'plain' && detection.score === 0
  if (isMisnamed && lines.some((line) => line.trim() !== '')) {
    throw formatError(`no line at the start of the source is of the format ${format}`)
  }
  return new Batcher(detection, options)
}

function formatError(message: string): ForgeError {
  const formats = ['auto', ...LOG_FORMATS]
  return new ForgeError('STREAM_IMPORT_FORMAT', `${message}; formats are ${formats.join(', ')}`, {
    details: { formats },
  })
}

/** Slices not yet made into rows; the first of them are the sample. */
class SampledLines {
  #slices: LineSlice[] = []
  #bytes = 0

  add(slice: LineSlice): void {
    this.#slices.push(slice)
    this.#bytes += slice.end - slice.start
  }

  get isComplete(): boolean {
    return this.#slices.length >= SAMPLE_LINES_MAX || this.#bytes >= SAMPLE_BYTES_MAX
  }

  /** The sampled lines as parsers take them. A cut line counts once. */
  texts(): string[] {
    const texts: string[] = []
    let bytes = 0
    for (const { source, start, end, continued } of this.#slices) {
      if (texts.length === SAMPLE_LINES_MAX || bytes >= SAMPLE_BYTES_MAX) break
      bytes += end - start
      if (!continued) texts.push(asBuffer(source).toString('latin1', start, end))
    }
    return texts
  }

  takeAll(): LineSlice[] {
    const slices = this.#slices
    this.#slices = []
    this.#bytes = 0
    return slices
  }
}

/** Collects rows until a batch is full. */
class Batcher {
  readonly #builder: ImportRowBuilder
  readonly #detection: ImportBatch['detection']
  readonly #linesMax: number
  readonly #bytesMax: number
  readonly #startOffset: number
  #rows: ImportRow[] = []
  #bytes = 0

  constructor(detection: FormatDetection, options: ReadLogOptions) {
    const { format, score, parser } = detection
    this.#builder = new ImportRowBuilder(parser, options.defaultTimestamp)
    this.#detection = { format, score, parserName: parser.name }
    this.#linesMax = options.batchLines ?? IMPORT_BATCH_LINES
    this.#bytesMax = options.batchBytes ?? IMPORT_BATCH_BYTES
    this.#startOffset = options.startOffset ?? 0
  }

  *add(slices: readonly LineSlice[]): Generator<ImportBatch, void, undefined> {
    for (const slice of slices) {
      const row = this.#builder.build(slice)
      if (this.#builder.endOffset <= this.#startOffset) continue
      this.#rows.push(row)
      this.#bytes += row.message.length
      if (this.#rows.length >= this.#linesMax || this.#bytes >= this.#bytesMax) yield* this.finish()
    }
  }

  /** The rows at hand as a batch, if there are any. */
  *finish(): Generator<ImportBatch, void, undefined> {
    if (this.#rows.length === 0) return
    const rows = this.#rows
    this.#rows = []
    this.#bytes = 0
    yield { rows, endOffset: this.#builder.endOffset, detection: this.#detection }
  }
}
