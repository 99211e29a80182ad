import type { ConnectedForge } from '@forgeone/storage-manager'
import type { SearchExplanation } from '@forgeone/streams'
import { parseDuration, type Query } from '@forgeone/streams'
import type { Command } from '../../program/command.ts'
import type { OptionValues } from '../../program/options.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { parseQueryText } from '../../program/query-text.ts'
import { RANGE_OPTIONS, rangeOf } from '../../program/read-options.ts'
import { logLine } from '../../render/entry-line.ts'
import { renderHistogram } from '../../render/histogram.ts'
import { printEntries } from '../../render/print-entries.ts'
import { formatBytes, formatCount, formatCountOf, formatDuration } from '../../render/quantities.ts'
import { renderRecords } from '../../render/records.ts'
import type { Terminal } from '../../render/terminal.ts'

const HISTOGRAM_STEP_DEFAULT = '1h'

export const logsSearch: Command = {
  name: 'logs search',
  summary: 'Find log entries by words, phrases, fields and times; count, group and sort them',
  usage: 'QUERY…',
  positionals: { min: 1, max: 1000 },
  options: {
    ...RANGE_OPTIONS,
    latest: { type: 'boolean', description: 'the latest entries first' },
    explain: {
      type: 'boolean',
      description: 'say afterwards what the search read, skipped and how long it took',
    },
    count: { type: 'boolean', short: 'c', description: 'print only the number of entries' },
    histogram: { type: 'boolean', description: 'draw the entries over time' },
    step: {
      type: 'string',
      value: 'DURATION',
      description: `width of the histogram's steps; ${HISTOGRAM_STEP_DEFAULT} by default`,
    },
  },
  examples: [
    'forge logs search \'"disk full"\' --data ./data',
    "forge logs search 'severity:>=warn topic:app.* -debug' --from -1d --data ./data",
    'forge logs search \'*"10.0.0."* | limit 20\' --latest --explain --data ./data',
    "forge logs search 'i(error) | top 5 by topic' --data ./data",
    "forge logs search 'i(error)' --histogram --step 10m --data ./data",
  ],
  async run({ options, positionals, terminal, store, signal }) {
    const query = withHistogram(parseQueryText(positionals.join(' ')), options)
    await using forge = await store.open()
    const read = {
      ...rangeOf(options, signal),
      direction: options['latest'] === true ? ('backward' as const) : ('forward' as const),
    }
    if (query.pipes.some((pipe) => pipe.kind !== 'limit')) {
      await printTable(terminal, forge.logs.table(query, read), { options, query })
      return
    }
    const results = forge.logs.search(query, read)
    let count = 0
    if (options['count'] === true) {
      for await (const batch of results.batches()) count += batch.length
      if (terminal.json) await terminal.printJson({ count })
      else await terminal.printLine(String(count))
    } else count = await printEntries(terminal, results.batches(), (entry) => logLine(terminal, entry))
    if (options['explain'] === true) printExplanation(terminal, await results.explain())
    if (count === 0)
      terminal.note('Words match whole and in their case; i(error) ignores case, and *"rror"* finds parts.')
    terminal.note(
      `${formatCountOf(count, 'entry', 'entries')} in ${formatDuration((await results.explain()).elapsedMs)}`,
    )
  },
}

/** @throws USAGE */
function withHistogram(query: Query, options: OptionValues): Query {
  if (options['histogram'] !== true) return query
  const step = textOption(options, 'step') ?? HISTOGRAM_STEP_DEFAULT
  const bucketMs = parseDuration(step)
  if (bucketMs === undefined || bucketMs === 0)
    throw usageError(`--step takes a duration such as 10m, not "${step}"`, 'Correct the duration.')
  return { ...query, pipes: [...query.pipes, { kind: 'histogram', bucketMs }] }
}

async function printTable(
  terminal: Terminal,
  results: ReturnType<ConnectedForge['logs']['table']>,
  { options, query }: { readonly options: OptionValues; readonly query: Query },
): Promise<void> {
  if (terminal.json) {
    for await (const batch of results.batches()) for (const row of batch) await terminal.printJson(row)
  } else {
    const rows = await results.toArray()
    const isHistogram = query.pipes.at(-1)?.kind === 'histogram'
    if (rows.length === 0) terminal.note('no rows')
    else await terminal.print(isHistogram ? renderHistogram(terminal, rows) : renderRecords(terminal, rows))
  }
  if (options['explain'] === true) printExplanation(terminal, await results.explain())
  terminal.note(`took ${formatDuration((await results.explain()).elapsedMs)}`)
}

function printExplanation(terminal: Terminal, work: SearchExplanation): void {
  if (terminal.json) {
    process.stderr.write(`${JSON.stringify({ explain: work })}\n`)
    return
  }
  terminal.note(
    `${formatCount(work.topics)} topics; of ${formatCount(work.blocksConsidered)} blocks ` +
      `${formatCount(work.blocksSkippedByTime)} skipped by time, ${formatCount(work.blocksSkippedByLevel)} by level, ` +
      `${formatCount(work.blocksSkippedByFilter)} by filter; ${formatCount(work.blocksRead)} read (${formatBytes(work.bytesRead)})`,
  )
  terminal.note(
    `${formatCount(work.filtersRead)} filters read, ${formatCount(work.filtersRejected)} rejected; ` +
      `${formatCount(work.rowsScanned)} rows scanned, ${formatCount(work.rowsReturned)} returned`,
  )
  const rest = Math.max(0, work.elapsedMs - work.readMs - work.matchMs)
  terminal.note(
    `${formatDuration(work.readMs)} reading, ${formatDuration(work.matchMs)} matching, ${formatDuration(rest)} else`,
  )
}
