import { compileTopicPattern } from '@forgeone/streams'
import type { Command } from '../../program/command.ts'
import { topicTable } from '../store/topic-table.ts'

export const topics: Command = {
  name: 'topics',
  summary: 'List topics with their sizes and times',
  usage: '[PATTERN]',
  positionals: { min: 0, max: 1 },
  options: {},
  examples: ['forge topics --data ./data', "forge topics 'app.*' --data ./data --json"],
  async run({ positionals, terminal, store }) {
    const pattern = positionals[0] === undefined ? undefined : compileTopicPattern(positionals[0])
    await using forge = await store.open()
    const found = (await forge.stats()).topics.filter((topic) => pattern?.matches(topic.topic) ?? true)
    if (terminal.json) for (const topic of found) await terminal.printJson(topic)
    else if (found.length > 0) await terminal.print(topicTable(terminal, found))
    else terminal.note('no topics')
  },
}
