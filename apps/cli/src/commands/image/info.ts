import type { Command } from '../../program/command.ts'
import { formatTime } from '../../render/quantities.ts'
import { withImages } from './with-images.ts'

const TIMES: ReadonlySet<string> = new Set(['cachedAt', 'lastAccessed'])

export const imageInfo: Command = {
  name: 'image info',
  summary: 'Show what is known of a disk image, with MD5 and SHA-1',
  usage: 'FILE',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge image info disk.img --data ./data'],
  async run(context) {
    const { terminal, positionals, resolvePath, signal } = context
    await withImages(context, async (images) => {
      const { record, isCached } = await images.digests(resolvePath(positionals[0]!), { signal })
      if (terminal.json) await terminal.printJson({ ...record, isCached })
      else
        for (const [name, value] of Object.entries(record))
          if (value !== undefined) {
            const text = TIMES.has(name) ? formatTime(Number(value)) : String(value)
            await terminal.printLine(`${name.padEnd(12)}  ${text}`)
          }
    })
  },
}
