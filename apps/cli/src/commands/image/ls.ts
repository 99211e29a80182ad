import type { Command } from '../../program/command.ts'
import { printable } from '../../render/printable.ts'
import { formatTime } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'
import { numberOption } from '../../program/parse-arguments.ts'
import { withImages } from './with-images.ts'

/** More zones than any table has. */
const ZONE_MAX = 255

export const imageLs: Command = {
  name: 'image ls',
  summary: 'List a directory of a disk image',
  usage: 'FILE [PATH]',
  positionals: { min: 1, max: 2 },
  options: { zone: { type: 'string', value: 'N', description: 'zone of the image, 0 unless given' } },
  examples: [
    'forge image ls disk.img --data ./data',
    'forge image ls disk.img docs/2024 --zone 1 --data ./data',
  ],
  async run(context) {
    const { terminal, positionals, resolvePath, options, signal } = context
    const [file, path = ''] = positionals
    const zoneIndex = numberOption(options, 'zone', { min: 0, max: ZONE_MAX }) ?? 0
    await withImages(context, async (images) => {
      const answer = await images.list(resolvePath(file!), { zoneIndex, path }, { signal })
      if (terminal.json) {
        await terminal.printJson({
          ...answer.record,
          isCached: answer.isCached,
          partial: answer.partial ?? null,
        })
        return
      }
      const rows = answer.record.occupants.map(({ name, isDirectory, size, modified }) => [
        isDirectory ? '-' : String(size),
        modified === undefined ? '-' : formatTime(modified),
        `${printable(name)}${isDirectory ? '/' : ''}`,
      ])
      await terminal.print(
        renderTable(
          terminal,
          [{ title: 'size', align: 'right' }, { title: 'modified' }, { title: 'name' }],
          rows,
        ),
      )
      if (answer.partial !== undefined) terminal.note(`not all of it: ${answer.partial}`)
    })
  },
}
