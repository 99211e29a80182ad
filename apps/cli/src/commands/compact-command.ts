import type { ConnectedForge } from '@forgeone/storage-manager'
import type { Command } from '../program/command.ts'
import { textOption, usageError } from '../program/parse-arguments.ts'
import { isConnected } from '../program/is-connected.ts'
import { Progress } from '../render/progress.ts'
import { formatBytes, formatDuration, formatRatio } from '../render/quantities.ts'
import type { Terminal } from '../render/terminal.ts'

/** `logs compact` and `events compact`. */
export function compactCommand(stream: 'logs' | 'events', examples: readonly string[]): Command {
  return {
    name: `${stream} compact`,
    summary: `Rewrite ${stream} into smaller blocks now`,
    usage: '',
    positionals: { min: 0, max: 0 },
    options: {
      level: {
        type: 'string',
        value: 'LEVEL',
        description: 'fast (quick to read), default, or max (smallest, slow to read)',
      },
    },
    examples,
    async run({ options, terminal, store, signal }) {
      const level = levelOf(textOption(options, 'level'))
      await using forge = await store.open()
      const progress = new Progress(terminal)
      const startedMs = performance.now()
      try {
        await forge[stream].compact({
          level,
          signal,
          onProgress: ({ rawBytes, totalRawBytes }) =>
            progress.update({
              label: 'compacting',
              doneBytes: rawBytes,
              totalBytes: totalRawBytes,
              count: rawBytes,
              unit: 'bytes',
            }),
        })
      } finally {
        progress.clear()
      }
      // Lets the journal go, which still holds what was rewritten.
      await (isConnected(forge) ? forge.flush() : forge.close())
      await tell({ forge, stream, terminal, seconds: (performance.now() - startedMs) / 1000 })
    },
  }
}

async function tell({ forge, stream, terminal, seconds }: Compacted): Promise<void> {
  const { rawBytes, blockBytes, indexBytes, filterBytes } = await forge[stream].coldBytes()
  const { bytesOnDisk } = await forge.stats()
  if (terminal.json) {
    const sizes = { rawBytes, blockBytes, indexBytes, bloomBytes: filterBytes, bytesOnDisk }
    await terminal.printJson({ ...sizes, seconds: Math.round(seconds * 1000) / 1000 })
    return
  }
  await terminal.printLine(
    `${formatBytes(rawBytes)} of ${stream} in ${formatBytes(blockBytes)} of blocks ` +
      `(${formatRatio(rawBytes, blockBytes + indexBytes)}), ${formatBytes(filterBytes)} of filters; ` +
      `the store takes ${formatBytes(bytesOnDisk)}`,
  )
  terminal.note(`took ${formatDuration(seconds * 1000)}`)
}

interface Compacted {
  readonly forge: ConnectedForge
  readonly stream: 'logs' | 'events'
  readonly terminal: Terminal
  readonly seconds: number
}

function levelOf(text: string | undefined): 'fast' | 'default' | 'max' {
  if (text === undefined) return 'default'
  if (text === 'fast' || text === 'default' || text === 'max') return text
  throw usageError(`"${text}" is not a level`, 'Use --level fast, default or max.')
}
