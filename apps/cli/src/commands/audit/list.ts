import {
  AUDIT_CSV_HEADER,
  auditCsvLine,
  auditJsonLine,
  QUERY_LIMIT_DEFAULT,
  QUERY_LIMIT_MAX,
  type AuditAnswer,
  type AuditEntry,
  type AuditFilter,
} from '@forgeone/audit'
import { parseTimeExpression } from '@forgeone/streams'
import type { Command } from '../../program/command.ts'
import type { OptionValues } from '../../program/options.ts'
import { numberOption, textOption, usageError } from '../../program/parse-arguments.ts'
import { writeChunks } from '../../program/write-output.ts'
import { printable } from '../../render/printable.ts'
import { formatCount, formatCountOf, formatTime } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'

export const auditList: Command = {
  name: 'audit list',
  summary: 'List what was done, by whom and when, from the audit log',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    actor: { type: 'string', value: 'ID', description: 'only of this actor' },
    action: {
      type: 'string',
      value: 'ACTION',
      description: 'only this one, such as events.append or keys.*',
    },
    resource: {
      type: 'string',
      value: 'CLASS',
      description: 'only on this class of things, or on one by its hash',
    },
    outcome: { type: 'string', value: 'TEXT', description: 'only administrative acts that ended so' },
    from: { type: 'string', value: 'TIME', description: 'ISO 8601, milliseconds, or relative such as -1h' },
    to: { type: 'string', value: 'TIME', description: 'the end, exclusive' },
    limit: {
      type: 'string',
      short: 'n',
      value: 'N',
      description: `at most so many, ${QUERY_LIMIT_DEFAULT} by default`,
    },
    cursor: { type: 'string', value: 'N', description: 'begin at this commit' },
    format: { type: 'string', value: 'FORMAT', description: 'table (the default), csv or jsonl' },
    output: { type: 'string', short: 'o', value: 'FILE', description: 'write csv or jsonl there' },
  },
  examples: [
    'forge audit list --from -1d --data ./data',
    "forge audit list --action 'keys.*' --format csv -o keys.csv --data ./data",
  ],
  async run({ options, terminal, store, resolvePath }) {
    const filter = filterOf(options)
    const format = terminal.json ? 'jsonl' : (textOption(options, 'format') ?? 'table')
    if (!['table', 'csv', 'jsonl'].includes(format))
      throw usageError(`--format takes table, csv or jsonl, not "${format}"`, 'Correct the format.')
    await using forge = await store.open()
    let answer: AuditAnswer | undefined
    const entries = (async function* () {
      answer = yield* forge.audit.query(filter)
    })()
    if (format === 'table') {
      const rows: string[][] = []
      for await (const entry of entries) rows.push(row(entry))
      if (rows.length > 0) await terminal.print(renderTable(terminal, COLUMNS, rows))
    } else {
      const chunks = format === 'csv' ? csvLines(entries) : jsonLines(entries)
      await writeChunks({ chunks, terminal, output: textOption(options, 'output'), resolvePath })
    }
    if (answer !== undefined) terminal.note(answerText(answer, filter))
  },
}

/** What was looked through: without it nobody could say what an empty list means. */
function answerText({ begin, end, count, checkpointSize }: AuditAnswer, { limit }: AuditFilter): string {
  const found = count === 0 ? 'no entries' : formatCountOf(count, 'entry', 'entries')
  const range = begin === end ? 'no commits' : `commits ${begin} to ${end - 1}`
  const rest = count === (limit ?? QUERY_LIMIT_DEFAULT) ? `; go on with --cursor ${end}` : ''
  return `${found} in ${range}; the newest checkpoint covers ${formatCount(checkpointSize)}${rest}`
}

const COLUMNS = [
  { title: 'commit', align: 'right' as const },
  { title: 'time' },
  { title: 'actor' },
  { title: 'action' },
  { title: 'resource' },
  { title: 'puts', align: 'right' as const },
  { title: 'deletes', align: 'right' as const },
  { title: 'entries', align: 'right' as const },
]

function row({ index, facts }: AuditEntry): string[] {
  return [
    String(index),
    formatTime(facts.time),
    printable(facts.actor),
    printable(facts.action),
    printable(facts.resourceClass),
    String(facts.puts),
    String(facts.deletes),
    facts.entries === undefined ? '' : String(facts.entries.count),
  ]
}

function filterOf(options: OptionValues): AuditFilter {
  const time = (name: string): number | undefined => {
    const text = textOption(options, name)
    return text === undefined ? undefined : parseTimeExpression(text, Date.now())
  }
  return {
    who: textOption(options, 'actor'),
    act: textOption(options, 'action'),
    resource: textOption(options, 'resource'),
    outcome: textOption(options, 'outcome'),
    from: time('from'),
    to: time('to'),
    limit: numberOption(options, 'limit', { min: 1, max: QUERY_LIMIT_MAX }),
    cursor: numberOption(options, 'cursor', { min: 0, max: Number.MAX_SAFE_INTEGER }),
  }
}

async function* csvLines(entries: AsyncIterable<AuditEntry>): AsyncGenerator<string> {
  yield AUDIT_CSV_HEADER
  for await (const entry of entries) yield auditCsvLine(entry)
}

async function* jsonLines(entries: AsyncIterable<AuditEntry>): AsyncGenerator<string> {
  for await (const entry of entries) yield auditJsonLine(entry)
}
