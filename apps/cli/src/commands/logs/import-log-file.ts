import { ForgeError, isForgeError } from '@forgeone/common'
import type { ConnectedForge } from '@forgeone/storage-manager'
import { decompress, type ImportResult, type LogFormat } from '@forgeone/streams'
import type { CommandContext } from '../../program/command.ts'
import { countingBytes, sourceOf } from '../../program/import-input.ts'
import { openInput, STANDARD_INPUT, type InputFile } from '../../program/input-files.ts'
import { Progress } from '../../render/progress.ts'
import { formatBytes, formatCountOf } from '../../render/quantities.ts'

export interface ImportSettings {
  readonly format: 'auto' | LogFormat
  readonly zone: string | undefined
  readonly year: number | undefined
  readonly batchLines: number | undefined
  readonly again: boolean
}

export interface LogFileImport {
  readonly context: CommandContext
  readonly forge: ConnectedForge
  readonly file: InputFile
  readonly topic: string
  readonly settings: ImportSettings
  /** Of this command: files that lie side by side are different ones. */
  readonly run: string
  /** What a file gave that cannot be read to its end is added here; of others its result tells. */
  readonly totals: { lines: number; rawBytes: number }
}

/** Imports one file with progress, and says what became of it. @throws what the import or the input throws */
export async function importLogFile(request: LogFileImport): Promise<ImportResult> {
  const { context, forge, file, topic, settings, run, totals } = request
  const { terminal, signal } = context
  const { again, ...parsing } = settings
  const progress = new Progress(terminal)
  const read = { bytes: 0 }
  const label = file.path === STANDARD_INPUT ? 'standard input' : file.path
  let acknowledged = 0
  let written = 0
  let writtenBytes = 0
  try {
    const input = (): AsyncIterable<Uint8Array> => {
      read.bytes = 0
      return decompress(countingBytes(openInput(file, signal), read, label))
    }
    const identity = sourceOf(file, { again })
    const result = await forge.logs.importFrom(
      // What cannot be opened twice is opened once.
      identity.source === undefined ? input() : input,
      {
        ...parsing,
        ...identity,
        topic,
        run,
        defaultTimestamp: file.modifiedMs === undefined ? undefined : Math.floor(file.modifiedMs),
        signal,
        onProgress: ({ lines, rawBytes }) => {
          // Told of a batch, we know that the one before it is durable.
          acknowledged = written
          written = lines
          writtenBytes = rawBytes
          progress.update({
            label,
            doneBytes: read.bytes,
            totalBytes: file.bytes,
            count: totals.lines + lines,
            unit: 'lines',
          })
        },
      },
    )
    progress.clear()
    terminal.note(`${label} -> ${topic}: ${describeResult(result, settings)}`)
    return result
  } catch (error) {
    progress.clear()
    throw stopped(request, { error, label, acknowledged, written, writtenBytes })
  } finally {
    progress.clear()
  }
}

/** Tells what is kept of a file whose import ended early, and gives the error to end with. */
function stopped({ context, topic, totals }: LogFileImport, stop: StoppedImport): unknown {
  const { error, label, acknowledged, written, writtenBytes } = stop
  // Of an input that cannot be read on, all that was read is written before it is told.
  const isUnreadable = isForgeError(error, 'INPUT_UNREADABLE')
  const kept = isUnreadable ? written : acknowledged
  if (isUnreadable) {
    totals.lines += written
    totals.rawBytes += writtenBytes
  }
  if (kept > 0)
    context.terminal.note(
      `${label} -> ${topic}: stopped after ${formatCountOf(kept, 'line', 'lines')}, which are kept`,
    )
  // Not every error of the input knows which file it came from.
  if (!isUnreadable || error.message.includes(label)) return error
  return new ForgeError('INPUT_UNREADABLE', `${label}: ${error.message}`, { cause: error })
}

interface StoppedImport {
  readonly error: unknown
  readonly label: string
  /** Lines that are known to be durable. */
  readonly acknowledged: number
  /** Lines, and their bytes, that were handed over. */
  readonly written: number
  readonly writtenBytes: number
}

function describeResult(result: ImportResult, { zone }: Pick<ImportSettings, 'zone'>): string {
  const found =
    result.lines === 0
      ? 'nothing new'
      : `${formatCountOf(result.lines, 'line', 'lines')}, ${formatBytes(result.rawBytes)}`
  const format =
    result.lines === 0
      ? ''
      : `, format ${result.format} (${Math.round(result.score * 100)} % of the first lines)`
  const unparsed =
    result.unparsedLines === 0
      ? ''
      : `, ${formatCountOf(result.unparsedLines, 'line', 'lines')} without a time`
  const zones =
    result.unknownZoneLines === 0
      ? ''
      : `, ${formatCountOf(result.unknownZoneLines, 'line names', 'lines name')} a zone that several share: ${zone ?? 'UTC'} was taken (--zone)`
  const skipped =
    result.skippedBytes === 0 ? '' : `, ${formatBytes(result.skippedBytes)} of zeros in front passed over`
  const resumed = result.resumedAt === 0 ? '' : `, went on at ${formatBytes(result.resumedAt)}`
  return `${found}${format}${unparsed}${zones}${skipped}${resumed}`
}
