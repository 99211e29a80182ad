import type { Command } from '../../program/command.ts'
import { numberOption, usageError } from '../../program/parse-arguments.ts'

const THRESHOLD_DEFAULT = 3
const COUNT_DEFAULT = 5

export const keysSharesCreate: Command = {
  name: 'keys shares create',
  summary: 'Split a new way to open the store into shares, of which so many are needed together',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    threshold: { type: 'string', value: 'N', description: 'shares that open the store together; default 3' },
    count: { type: 'string', value: 'N', description: 'shares in all, at most 16; default 5' },
  },
  examples: ['forge keys shares create --threshold 3 --count 5 --data ./data'],
  async run({ options, terminal, store }) {
    const threshold = numberOption(options, 'threshold', { min: 2, max: 16 }) ?? THRESHOLD_DEFAULT
    const count = numberOption(options, 'count', { min: 2, max: 16 }) ?? COUNT_DEFAULT
    if (threshold > count) {
      throw usageError(
        `--threshold ${threshold} is above --count ${count}`,
        'No set of shares could open the store.',
      )
    }
    await using forge = await store.open()
    const { slot, shares } = await forge.keys.createShares({ threshold, count })
    if (terminal.json) {
      await terminal.printJson({ slot, threshold, shares })
      return
    }
    terminal.note(
      `slot ${slot.id}: ${threshold} of these together open the store. They are shown once; give each to another person.`,
    )
    for (const share of shares) await terminal.printLine(share)
  },
}
