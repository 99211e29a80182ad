import type { Command } from '../../program/command.ts'
import { formatCountOf } from '../../render/quantities.ts'
import { withImages } from './with-images.ts'

export const imageInvalidate: Command = {
  name: 'image invalidate',
  summary: 'Forget what is cached of disk images',
  usage: 'FILE…',
  positionals: { min: 1, max: 1000 },
  options: {},
  examples: ['forge image invalidate disk.img --data ./data'],
  async run(context) {
    const { terminal, positionals, resolvePath } = context
    await withImages(context, async (images) => {
      for (const name of positionals) {
        // One after another: each is a few writes.
        const { removed } = await images.invalidate(resolvePath(name))
        if (terminal.json) await terminal.printJson({ name, removed })
        else terminal.note(`${name}: ${formatCountOf(removed, 'record', 'records')} removed`)
      }
    })
  },
}
