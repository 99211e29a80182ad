import { randomUUID } from 'node:crypto'
import { ForgeError, isForgeError } from '@forgeone/common'
import { LOG_FORMATS, type ImportResult } from '@forgeone/streams'
import type { Command, CommandContext } from '../../program/command.ts'
import { EXIT } from '../../program/exit-codes.ts'
import { findInputFiles, STANDARD_INPUT } from '../../program/input-files.ts'
import { numberOption, textOption, usageError } from '../../program/parse-arguments.ts'
import { FORMAT_LIST } from '../../program/read-options.ts'
import { formatBytes, formatCount, formatCountOf, formatDuration } from '../../render/quantities.ts'
import type { Terminal } from '../../render/terminal.ts'
import { importLogFile, type ImportSettings } from './import-log-file.ts'

const BATCH_LINES_MAX = 10_000

export const logsImport: Command = {
  name: 'logs import',
  summary: 'Import log files, keeping every byte; a second run goes on where the first stopped',
  usage: 'FILE…',
  positionals: { min: 1, max: 100_000 },
  options: {
    topic: {
      type: 'string',
      short: 't',
      value: 'TOPIC',
      description: 'the topic of all lines (default: from each file name)',
    },
    format: { type: 'string', value: 'NAME', description: `${FORMAT_LIST} (default auto)` },
    zone: {
      type: 'string',
      value: 'ZONE',
      description: 'of times without one: UTC, +02:00, Europe/Berlin (default UTC)',
    },
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
    const { files, unreadable: closed, stores } = await findInputFiles(positionals, resolvePath)
    await using forge = await store.open()
    const startedMs = performance.now()
    const totals = { lines: 0, rawBytes: 0 }
    const reports: FileReport[] = []
    const unreadable: ForgeError[] = [...closed]
    for (const { message } of closed) terminal.note(`${message}; it is left out`)
    for (const directory of stores) terminal.note(`${directory} is a store; it is left out`)
    const run = randomUUID()
    const canResume = !settings.again && files.every((file) => file.path !== STANDARD_INPUT)
    let interrupted = false
    for (const file of files) {
      const topic = textOption(options, 'topic') ?? file.topic
      const linesBefore = totals.lines
      const result = await importLogFile({ context, forge, file, topic, settings, run, totals }).catch(
        (error: unknown) => {
          // One closed file among many must not keep the others out.
          if (!isForgeError(error, 'INPUT_UNREADABLE')) throw error
          unreadable.push(error)
          const what = totals.lines > linesBefore ? 'the rest of it' : 'it'
          terminal.note(`${error.message}; ${what} is left out`)
          return undefined
        },
      )
      if (result === undefined) continue
      totals.lines += result.lines
      totals.rawBytes += result.rawBytes
      reports.push({ path: file.path, topic, ...result })
      interrupted = result.interrupted || signal.aborted
      if (interrupted) break
    }
    const seconds = (performance.now() - startedMs) / 1000
    await forge.flush()
    await printTotals(terminal, {
      ...totals,
      seconds,
      bytesOnDisk: (await forge.stats()).bytesOnDisk,
      files: reports,
    })
    if (interrupted)
      throw new ForgeError(
        'INTERRUPTED',
        `stopped after ${formatCount(totals.lines)} lines; all of them are kept`,
        canResume ? {} : { hint: 'What came by standard input cannot be continued; give the rest of it.' },
      )
    if (unreadable.length > 0) throw unreadableInputs(unreadable)
    return EXIT.ok
  },
}

interface FileReport extends ImportResult {
  readonly path: string
  readonly topic: string
}

interface ImportTotals {
  readonly lines: number
  readonly rawBytes: number
  readonly seconds: number
  readonly bytesOnDisk: number
  readonly files: readonly FileReport[]
}

async function printTotals(
  terminal: Terminal,
  { lines, rawBytes, seconds, bytesOnDisk, files }: ImportTotals,
): Promise<void> {
  const linesPerSecond = seconds === 0 ? 0 : Math.round(lines / seconds)
  if (terminal.json) {
    const rounded = Number(seconds.toFixed(3))
    await terminal.printJson({ lines, rawBytes, seconds: rounded, linesPerSecond, bytesOnDisk, files })
    return
  }
  terminal.note(
    `${formatCountOf(lines, 'line', 'lines')}, ${formatBytes(rawBytes)} in ${formatDuration(seconds * 1000)} ` +
      `(${formatCount(linesPerSecond)} lines/s); the store takes ${formatBytes(bytesOnDisk)}`,
  )
}

function unreadableInputs(errors: readonly ForgeError[]): ForgeError {
  const [first] = errors
  if (errors.length === 1) return first!
  return new ForgeError(
    'INPUT_UNREADABLE',
    `${errors.length} files cannot be read; the first: ${first!.message}`,
  )
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
