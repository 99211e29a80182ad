import type { Command } from '../program/command.ts'
import { textOption, usageError } from '../program/parse-arguments.ts'
import { Progress } from '../render/progress.ts'
import { formatBytes, formatDuration, formatRatio } from '../render/quantities.ts'

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
      const forge = await store.open()
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
        // Closing lets the journal go, which still holds what was rewritten.
        await forge.close()
      }
      const seconds = (performance.now() - startedMs) / 1000
      const { rawBytes, blockBytes, indexBytes, filterBytes } = forge[stream].coldBytes()
      const { bytesOnDisk } = forge.stats()
      if (terminal.json) {
        const rounded = Math.round(seconds * 1000) / 1000
        const bloomBytes = filterBytes
        await terminal.printJson({
          rawBytes,
          blockBytes,
          indexBytes,
          bloomBytes,
          bytesOnDisk,
          seconds: rounded,
        })
        return
      }
      await terminal.printLine(
        `${formatBytes(rawBytes)} of ${stream} in ${formatBytes(blockBytes)} of blocks ` +
          `(${formatRatio(rawBytes, blockBytes + indexBytes)}), ${formatBytes(filterBytes)} of filters; ` +
          `the store takes ${formatBytes(bytesOnDisk)}`,
      )
      terminal.note(`took ${formatDuration(seconds * 1000)}`)
    },
  }
}

function levelOf(text: string | undefined): 'fast' | 'default' | 'max' {
  if (text === undefined) return 'default'
  if (text === 'fast' || text === 'default' || text === 'max') return text
  throw usageError(`"${text}" is not a level`, 'Use --level fast, default or max.')
}
