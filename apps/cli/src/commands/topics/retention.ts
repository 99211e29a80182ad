import { ForgeError } from '@forgeone/common'
import { formatDuration as shortDuration, type Retention } from '@forgeone/streams'
import type { Command } from '../../program/command.ts'
import { usageError } from '../../program/parse-arguments.ts'
import { formatBytes, formatCount } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'
import { RETENTION_OPTIONS, retentionOf, STREAM_OPTION, streamOption } from './topic-options.ts'

export const topicsRetention: Command = {
  name: 'topics retention',
  summary: 'List, set or remove how long the entries of topics are kept, by pattern',
  usage: '[PATTERN]',
  positionals: { min: 0, max: 1 },
  options: {
    ...STREAM_OPTION,
    ...RETENTION_OPTIONS,
    remove: { type: 'boolean', description: 'remove the rule of the pattern' },
  },
  examples: [
    'forge topics retention --data ./data',
    "forge topics retention 'app.>' --stream logs --max-age 30d --max-bytes 5GB --data ./data",
    "forge topics retention 'app.>' --stream logs --remove --data ./data",
  ],
  async run({ options, positionals, terminal, store }) {
    const [pattern] = positionals
    const retention = retentionOf(options)
    const stream = streamOption(options)
    await using forge = await store.open()
    if (pattern === undefined) {
      if (retention !== undefined || options['remove'] === true)
        throw usageError('which topics is meant?', 'Name a pattern, such as app.> or > for all.')
      const rules = []
      for (const name of stream === undefined ? (['logs', 'events'] as const) : [stream])
        for (const rule of await forge[name].topicOperations.retentionRules())
          rules.push({ stream: name, ...rule })
      if (terminal.json) for (const rule of rules) await terminal.printJson({ ...rule })
      else if (rules.length === 0) terminal.note('no rules: everything is kept')
      else
        await terminal.print(
          renderTable(
            terminal,
            [{ title: 'pattern' }, { title: 'stream' }, { title: 'keeps' }],
            rules.map((rule) => [rule.pattern, rule.stream, retentionText(rule.retention)]),
          ),
        )
      return
    }
    if (stream === undefined)
      throw usageError('which stream is meant?', 'Add --stream logs or --stream events.')
    const { topicOperations } = forge[stream]
    if (options['remove'] === true) {
      if (!(await topicOperations.removeRetention(pattern)))
        throw new ForgeError('STREAM_TOPIC_UNKNOWN', `${stream} has no retention rule ${pattern}`)
      terminal.note(`removed the rule ${pattern}`)
      return
    }
    if (retention === undefined)
      throw usageError('no bound is given', 'Add --max-age, --max-bytes or --max-count, or --remove.')
    await topicOperations.setRetention(pattern, retention)
    if (terminal.json) await terminal.printJson({ stream, pattern, retention: { ...retention } })
    else terminal.note(`${pattern} keeps ${retentionText(retention)}; forge topics retain applies it`)
  },
}

function retentionText({ maxAgeMs, maxBytes, maxCount }: Retention): string {
  const bounds = [
    ...(maxAgeMs === undefined ? [] : [shortDuration(maxAgeMs)]),
    ...(maxBytes === undefined ? [] : [formatBytes(maxBytes)]),
    ...(maxCount === undefined ? [] : [`${formatCount(maxCount)} entries`]),
  ]
  return bounds.join(', ')
}
