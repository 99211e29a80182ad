import type { Command } from '../../program/command.ts'
import { parseQueryText } from '../../program/query-text.ts'
import { RANGE_OPTIONS, rangeOf } from '../../program/read-options.ts'
import { logLine } from '../../render/entry-line.ts'
import { printEntries } from '../../render/print-entries.ts'
import { formatBytes, formatCount, formatCountOf, formatDuration } from '../../render/quantities.ts'

export const logsSearch: Command = {
  name: 'logs search',
  summary: 'Find log entries by words, phrases, fields and times',
  usage: 'QUERY…',
  positionals: { min: 1, max: 1000 },
  options: {
    ...RANGE_OPTIONS,
    latest: { type: 'boolean', description: 'the latest entries first' },
    explain: { type: 'boolean', description: 'say afterwards what the search read' },
    count: { type: 'boolean', short: 'c', description: 'print only the number of entries' },
  },
  examples: [
    'forge logs search \'"disk full"\' --data ./data',
    "forge logs search 'severity:>=warn topic:app.* -debug' --from -1d --data ./data",
    'forge logs search \'*"10.0.0."* | limit 20\' --latest --explain --data ./data',
  ],
  async run({ options, positionals, terminal, store, signal }) {
    const query = parseQueryText(positionals.join(' '))
    await using forge = await store.open()
    const results = forge.logs.search(query, {
      ...rangeOf(options, signal),
      direction: options['latest'] === true ? 'backward' : 'forward',
    })
    let count = 0
    if (options['count'] === true) {
      for await (const batch of results.batches()) count += batch.length
      if (terminal.json) await terminal.printJson({ count })
      else await terminal.printLine(String(count))
    } else count = await printEntries(terminal, results.batches(), (entry) => logLine(terminal, entry))
    const work = results.explain()
    if (options['explain'] === true) {
      if (terminal.json) process.stderr.write(`${JSON.stringify({ explain: work })}\n`)
      else {
        terminal.note(
          `${formatCount(work.topics)} topics, ${formatCount(work.blocksRead)} of ${formatCount(work.blocksConsidered)} blocks read ` +
            `(${formatBytes(work.bytesRead)}), ${formatCount(work.rowsScanned)} rows scanned, ${formatCount(work.rowsReturned)} returned`,
        )
      }
    }
    if (count === 0)
      terminal.note('Words match whole and in their case; i(error) ignores case, and *"rror"* finds parts.')
    terminal.note(`${formatCountOf(count, 'entry', 'entries')} in ${formatDuration(work.elapsedMs)}`)
  },
}
