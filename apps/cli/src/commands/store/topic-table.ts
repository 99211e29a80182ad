import type { TopicStatistics } from '@forgeone/storage-manager'
import { formatBytes, formatCount, formatRatio, formatTime } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'
import type { Terminal } from '../../render/terminal.ts'

export function topicTable(terminal: Terminal, topics: readonly TopicStatistics[]): string {
  return renderTable(
    terminal,
    [
      { title: 'topic' },
      { title: 'stream' },
      { title: 'entries', align: 'right' },
      { title: 'raw', align: 'right' },
      { title: 'stored', align: 'right' },
      { title: 'ratio', align: 'right' },
      { title: 'first' },
      { title: 'last' },
    ],
    topics.map((topic) => [
      topic.topic,
      topic.stream,
      formatCount(topic.count),
      formatBytes(topic.rawBytes),
      formatBytes(topic.storedBytes),
      formatRatio(topic.rawBytes, topic.storedBytes),
      topic.first === null ? '-' : formatTime(topic.first),
      topic.last === null ? '-' : formatTime(topic.last),
    ]),
  )
}
