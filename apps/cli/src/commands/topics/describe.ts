import type { ConnectedForge } from '@forgeone/storage-manager'
import { compileTopicPattern } from '@forgeone/streams'
import type { Command } from '../../program/command.ts'
import { formatBytes, formatCount, formatRatio, formatTime } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'
import { STREAM_OPTION, streamOfTopic } from './topic-options.ts'

export const topicsDescribe: Command = {
  name: 'topics describe',
  summary: 'Show counts, sizes, times, settings and groups of a topic',
  usage: 'TOPIC',
  positionals: { min: 1, max: 1 },
  options: STREAM_OPTION,
  examples: ['forge topics describe app.web --data ./data'],
  async run({ options, positionals, terminal, store }) {
    const [name] = positionals
    await using forge = await store.open()
    const stream = await streamOfTopic(forge, name!, options)
    const topic = await forge[stream].topicOperations.describe(name!)
    const groups = stream === 'events' ? await groupsOf(forge, name!) : []
    if (terminal.json) {
      await terminal.printJson({ stream, topic: topic.name, ...topic, groups })
      return
    }
    await terminal.print(
      renderTable(
        terminal,
        [{ title: 'topic' }, { title: topic.name }],
        [
          ['stream', stream],
          ['entries', formatCount(topic.count)],
          ['version', formatCount(topic.version)],
          ['raw', formatBytes(topic.rawBytes)],
          ['stored', `${formatBytes(topic.storedBytes)} (${formatRatio(topic.rawBytes, topic.storedBytes)})`],
          ['blocks', formatCount(topic.blocks)],
          ['first', time(topic.firstTimestamp)],
          ['last', time(topic.lastTimestamp)],
          ['created', formatTime(topic.createdAt)],
          ['settings', JSON.stringify(topic.settings)],
          ...groups.map(({ group, entries }) => [`lag of ${group}`, formatCount(entries)]),
        ],
      ),
    )
  },
}

function time(at: number | undefined): string {
  return at === undefined ? '-' : formatTime(at)
}

/** The consumer groups that read a topic, and how far they are behind in all of their topics. */
async function groupsOf(
  forge: ConnectedForge,
  topic: string,
): Promise<readonly { readonly group: string; readonly entries: number }[]> {
  const lags: { readonly group: string; readonly entries: number }[] = []
  for (const { name, topics } of await forge.events.groups.list()) {
    if (!topics.some((pattern) => compileTopicPattern(pattern).matches(topic))) continue
    const { entries } = await forge.events.groups.lag(name)
    lags.push({ group: name, entries })
  }
  return lags
}
