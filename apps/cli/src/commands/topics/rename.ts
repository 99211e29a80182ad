import type { Command } from '../../program/command.ts'
import { usageError } from '../../program/parse-arguments.ts'

/** Listed so that who looks for it finds the reason. */
export const topicsRename: Command = {
  name: 'topics rename',
  summary: 'Refused: the name of a topic is part of the proofs of its entries',
  usage: 'TOPIC NAME',
  positionals: { min: 0, max: 2 },
  options: {},
  examples: ['forge topics rename old new --data ./data'],
  run() {
    return Promise.reject(
      usageError(
        'a topic cannot be renamed: its name is part of the hash of every entry and decides its shard',
        'Append to a topic of the new name from now on; `forge events export` and `import` copy the old entries.',
      ),
    )
  },
}
