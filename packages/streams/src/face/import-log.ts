import { isUtf8 } from 'node:buffer'
import { asBuffer, utf8Encode, tellProgress } from '@forgeone/common'
import { EMPTY_METADATA, type EntryRow } from '../entry/validate.ts'
import type { ImportRow } from '../import/import-row.ts'
import { withoutLeadingNuls } from '../import/leading-nuls.ts'
import { readLogBatches, type ReadLogOptions } from '../import/import-source.ts'
import type { LogEntry } from '../entry/entry.ts'
import { EndingAtFailure } from '../import/ending-at-failure.ts'
import { identifySource, type IdentifiedSource, type ImportInput } from '../stream/identified-source.ts'
import type { StreamCore } from '../stream/stream-core.ts'

export interface ImportOptions extends Omit<ReadLogOptions, 'startOffset' | 'defaultTimestamp' | 'timer'> {
  readonly topic: string
  /**
   * Names the sources that are told apart by what they hold: one that was imported under the name goes on where that ended,
   * wherever it lies by now, compressed or not. Progress is part of each commit. Without a name every import begins anew.
   */
  readonly source?: string | undefined
  /**
   * Sources that are imported under one name in the same run lie side by side, so that none goes on where another of them ended,
   * even if all of it is the beginning of this one.
   */
  readonly run?: string | undefined
  readonly defaultTimestamp?: number | undefined
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined
  /** Stops after the commit under way. */
  readonly signal?: AbortSignal | undefined
}

export interface ImportProgress {
  readonly lines: number
  readonly rawBytes: number
  readonly format: string
  /** Share of the first lines that the format fits, 0 to 1. */
  readonly score: number
}

export interface ImportResult extends ImportProgress {
  /** Bytes of the source that an earlier import had stored already. */
  readonly resumedAt: number
  /** Lines of which no time could be read; they are kept whole, with the time of the line before. */
  readonly unparsedLines: number
  /** Lines that name their zone in a way that several share, such as CST: the option `zone` was taken. */
  readonly unknownZoneLines: number
  /** NULs in front, which a writer leaves whose file was truncated under it. */
  readonly skippedBytes: number
  readonly interrupted: boolean
}

/** Members of the metadata with which a raw export rebuilds the source byte by byte. */
export const LINE_END_MEMBER = '_eol'
export const ENCODING_MEMBER = '_encoding'
export const CUT_MEMBER = '_cut'

/** Reads a source into a topic, a commit per batch; the place in the source is part of the commit. */
export async function importLog(
  core: StreamCore<LogEntry>,
  input: ImportInput,
  options: ImportOptions,
): Promise<ImportResult> {
  const { topic, source, run } = options
  let skippedBytes = 0
  const text = (chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> =>
    withoutLeadingNuls(chunks, (bytes) => (skippedBytes = bytes))
  const whole = typeof input === 'function' ? () => text(input()) : text(input)
  // Two at once would both find that nothing is stored.
  return await core.importTurns.run(source === undefined ? undefined : `${topic}\0${source}`, async () => ({
    ...(await importIdentified(core, await identifySource(core, whole, { topic, source, run }), options)),
    skippedBytes,
  }))
}

async function importIdentified(
  core: StreamCore<LogEntry>,
  source: IdentifiedSource,
  options: ImportOptions,
): Promise<Omit<ImportResult, 'skippedBytes'>> {
  const { topic, signal } = options
  const { startOffset, advance } = source
  const result = {
    lines: 0,
    rawBytes: 0,
    unparsedLines: 0,
    unknownZoneLines: 0,
    format: 'plain',
    score: 0,
    resumedAt: startOffset,
    interrupted: false,
  }
  const defaultTimestamp = options.defaultTimestamp ?? core.clock.now()
  const reading = { ...options, defaultTimestamp, startOffset, timer: core.timer }
  const chunks = new EndingAtFailure(source.chunks)
  let inFlight: Promise<unknown> | undefined
  let offset = startOffset
  for await (const batch of readLogBatches(chunks, reading)) {
    if (signal?.aborted) {
      result.interrupted = true
      break
    }
    result.format = batch.detection.parserName
    result.score = batch.detection.score
    const rows = batch.rows.map((row) => toEntryRow(row, topic))
    // One batch is written while the next is parsed.
    await inFlight
    const { endOffset } = batch
    inFlight = core
      .append(rows, advance && { alongside: (_changes, { place }) => advance(endOffset, place.sequence) })
      .then(source.confirm)
    inFlight.catch(() => undefined)
    result.lines += rows.length
    result.unparsedLines += batch.rows.reduce((sum, row) => sum + (row.parsed ? 0 : 1), 0)
    result.unknownZoneLines += batch.rows.reduce((sum, row) => sum + (row.hasUnknownZone ? 1 : 0), 0)
    result.rawBytes += endOffset - offset
    offset = endOffset
    tellProgress(options.onProgress, result)
  }
  await inFlight
  // What could be read is kept, and a whole copy goes on behind it.
  chunks.throwFailure()
  return result
}

function toEntryRow(row: ImportRow, topic: string): EntryRow {
  const valid = isUtf8(row.message)
  const text = valid ? row.message : utf8Encode(asBuffer(row.message).toString('latin1'))
  return {
    topic,
    timestamp: row.timestamp,
    level: row.level,
    textKind: 'message',
    text,
    metadata: lineMetadata(row, valid),
    id: undefined,
    marker: undefined,
  }
}

/** Nothing for an ordinary line: UTF-8 with a line feed. Keys in the order of RFC 8785. */
function lineMetadata({ terminator, continued }: ImportRow, valid: boolean): string {
  if (terminator === 'lf' && valid && !continued) return EMPTY_METADATA
  const members: string[] = []
  if (continued) members.push(`"${CUT_MEMBER}":true`)
  if (!valid) members.push(`"${ENCODING_MEMBER}":"latin1"`)
  if (terminator !== 'lf') members.push(`"${LINE_END_MEMBER}":"${terminator}"`)
  return `{${members.join(',')}}`
}

const LINE_ENDS: ReadonlyMap<unknown, string> = new Map([
  ['crlf', '\r\n'],
  ['none', ''],
])

/** The bytes of the line that an imported entry came from. */
export function rawLine(entry: LogEntry): Uint8Array {
  const { metadata, message } = entry
  const end = LINE_ENDS.get(metadata[LINE_END_MEMBER]) ?? '\n'
  return Buffer.from(message + end, metadata[ENCODING_MEMBER] === 'latin1' ? 'latin1' : 'utf8')
}
