import type { OptionSpec } from './options.ts'

/** Options that every command takes. */
export const GLOBAL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  data: { type: 'string', short: 'd', value: 'DIR', description: 'directory of the store (or FORGE_DATA)' },
  'secret-file': {
    type: 'string',
    value: 'FILE',
    description: 'file whose first line is the secret (or FORGE_SECRET, or a prompt)',
  },
  'key-file': { type: 'string', value: 'FILE', description: 'file with a 32-byte key instead of a secret' },
  'key-command': {
    type: 'string',
    value: 'COMMAND',
    description: 'program that unwraps the key instead of a secret (or FORGE_KEY_COMMAND)',
  },
  'shares-file': {
    type: 'string',
    value: 'FILE',
    description: 'file with shares, one a line, instead of a secret',
  },
  wait: {
    type: 'string',
    value: 'SECONDS',
    description: 'wait so long for a store that another process has open (at most 600)',
  },
  'read-only': {
    type: 'boolean',
    description: 'write nothing into the store: for mounts, copies and evidence',
  },
  json: { type: 'boolean', description: 'machine-readable output: one JSON document, or one a line' },
  quiet: { type: 'boolean', short: 'q', description: 'print nothing but what was asked for and errors' },
  'no-color': { type: 'boolean', description: 'no colours, also on a terminal (or NO_COLOR)' },
  help: { type: 'boolean', short: 'h', description: 'show help for the command' },
}
