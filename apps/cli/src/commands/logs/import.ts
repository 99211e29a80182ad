import { ForgeError } from '@forgeone/common'
import { decompress, LOG_FORMATS, type ImportResult, type LogFormat } from '@forgeone/streams'
import type { Forge } from '@forgeone/storage-manager'
import type { Command, CommandContext } from '../../program/command.ts'
import { EXIT } from '../../program/exit-codes.ts'
import { countingBytes, sourceName } from '../../program/import-input.ts'
import { findInputFiles, openInput, STANDARD_INPUT, type InputFile } from '../../program/input-files.ts'
import { numberOption, textOption, usageError } from '../../program/parse-arguments.ts'
import { FORMAT_LIST } from '../../program/read-options.ts'
import { Progress } from '../../render/progress.ts'
import { formatBytes, formatCount, formatDuration } from '../../render/quantities.ts'

const BATCH_LINES_MAX = 10_000

export const logsImport: Command = {
  name: 'logs import',
  summary: 'Import log files, keeping every byte; a second run goes on where the first stopped',
  usage: 'FILE…',
  positionals: { min: 1, max: 100_000 },
  options: {
    topic: { type: 'string', short: 't', value: 'TOPIC', description: 'the topic of all lines (default: from each file name)' },
    format: { type: 'string', value: 'NAME', description: `${FORMAT_LIST} (default auto)` },
    zone: { type: 'string', value: 'ZONE', description: 'of times without one: UTC, +02:00, Europe/Berlin (default UTC)' },
    year: { type: 'string', value: 'YYYY', description: 'of the first line, for formats without a year' },
    'batch-lines': { type: 'string', value: 'N', description: 'lines a commit (default 1000)' },
    again: { type: 'boolean', description: 'import whole files again, also what was imported before' },
  },
  examples: [
    'forge logs import /var/log/syslog --data ./data',
    "forge logs import '/var/log/nginx/*.gz' --topic web.access --data ./data",
    'journalctl -o short-iso | forge logs import - --topic journal --data ./data',
  ],
  async run(context) {
    const { options, positionals, terminal, store, signal, resolvePath } = context
    const settings = settingsOf(context)
    const files = await findInputFiles(positionals, resolvePath)
    await using forge = await store.open()
    const startedMs = performance.now()
    const totals = { lines: 0, rawBytes: 0 }
    const reports: FileReport[] = []
    let interrupted = false
    for (const file of files) {
      const topic = textOption(options, 'topic') ?? file.topic
      const result = await importFile({ context, forge, file, topic, settings, totals })
      totals.lines += result.lines
      totals.rawBytes += result.rawBytes
      reports.push({ path: file.path, topic, ...result })
      interrupted = result.interrupted || signal.aborted
      if (interrupted) break
    }
    const seconds = (performance.now() - startedMs) / 1000
    await forge.flush()
    const bytesOnDisk = forge.stats().bytesOnDisk
    const linesPerSecond = seconds === 0 ? 0 : Math.round(totals.lines / seconds)
    if (terminal.json) await terminal.printJson({ ...totals, seconds: Number(seconds.toFixed(3)), linesPerSecond, bytesOnDisk, files: reports })
    else {
      terminal.note(
        `${formatCount(totals.lines)} lines, ${formatBytes(totals.rawBytes)} in ${formatDuration(seconds * 1000)} ` +
          `(${formatCount(linesPerSecond)} lines/s); the store takes ${formatBytes(bytesOnDisk)}`,
      )
    }
    if (interrupted) throw new ForgeError('INTERRUPTED', `stopped after ${formatCount(totals.lines)} lines; all of them are kept`)
    return EXIT.ok
  },
}

interface FileReport extends ImportResult {
  readonly path: string
  readonly topic: string
}

interface ImportSettings {
  readonly format: 'auto' | LogFormat
  readonly zone: string | undefined
  readonly year: number | undefined
  readonly batchLines: number | undefined
  readonly again: boolean
}

function settingsOf({ options }: CommandContext): ImportSettings {
  const format = textOption(options, 'format') ?? 'auto'
  const known = format === 'auto' ? format : LOG_FORMATS.find((name) => name === format)
  if (known === undefined) throw usageError(`unknown format ${format}`, `Use one of ${FORMAT_LIST}.`)
  return {
    format: known,
    zone: textOption(options, 'zone'),
    year: numberOption(options, 'year', { min: 1970, max: 9999 }),
    batchLines: numberOption(options, 'batch-lines', { min: 1, max: BATCH_LINES_MAX }),
    again: options['again'] === true,
  }
}

interface FileImport {
  readonly context: CommandContext
  readonly forge: Forge
  readonly file: InputFile
  readonly topic: string
  readonly settings: ImportSettings
  readonly totals: { readonly lines: number }
}

async function importFile({ context, forge, file, topic, settings, totals }: FileImport): Promise<ImportResult> {
  const { terminal, signal } = context
  const { again, ...parsing } = settings
  const progress = new Progress(terminal)
  const read = { bytes: 0 }
  const label = file.path === STANDARD_INPUT ? 'standard input' : file.path
  const source = again ? undefined : await sourceName(file)
  try {
    const result = await forge.logs.importFrom(decompress(countingBytes(openInput(file), read, label)), {
      ...parsing,
      topic,
      source,
      defaultTimestamp: file.modifiedMs === undefined ? undefined : Math.floor(file.modifiedMs),
      signal,
      onProgress: ({ lines }) =>
        progress.update({ label, doneBytes: read.bytes, totalBytes: file.bytes, count: totals.lines + lines, unit: 'lines' }),
    })
    progress.clear()
    const found = result.lines === 0 ? 'nothing new' : `${formatCount(result.lines)} lines, ${formatBytes(result.rawBytes)}`
    const format = result.lines === 0 ? '' : `, format ${result.format} (${Math.round(result.score * 100)} % of the first lines)`
    const unparsed = result.unparsedLines === 0 ? '' : `, ${formatCount(result.unparsedLines)} lines without a time`
    const resumed = result.resumedAt === 0 ? '' : `, went on at ${formatBytes(result.resumedAt)}`
    terminal.note(`${label} -> ${topic}: ${found}${format}${unparsed}${resumed}`)
    return result
  } finally {
    progress.clear()
  }
}
