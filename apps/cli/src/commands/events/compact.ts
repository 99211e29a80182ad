import type { Command } from '../../program/command.ts'
import { compactCommand } from '../compact-command.ts'

export const eventsCompact: Command = compactCommand('events', ['forge events compact --data ./data'])
