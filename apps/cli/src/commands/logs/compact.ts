import type { Command } from '../../program/command.ts'
import { compactCommand } from '../compact-command.ts'

export const logsCompact: Command = compactCommand('logs', [
  'forge logs compact --data ./data',
  'forge logs compact --level max --json --data ./data',
])
