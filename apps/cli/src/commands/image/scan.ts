import type { ConnectedForge } from '@forgeone/storage-manager'
import type { Command } from '../../program/command.ts'
import { formatBytes } from '../../render/quantities.ts'
import { printable } from '../../render/printable.ts'
import { renderTable } from '../../render/table.ts'
import { withImages } from './with-images.ts'

export const imageScan: Command = {
  name: 'image scan',
  summary: 'Show the zones and file systems of disk images; the second time from the cache',
  usage: 'FILE…',
  positionals: { min: 1, max: 1000 },
  options: { hash: { type: 'boolean', description: 'MD5 and SHA-1 of the whole image too' } },
  examples: ['forge image scan disk.img --data ./data', 'forge image scan *.iso --hash --json --data ./data'],
  async run(context) {
    const { terminal, positionals, resolvePath, options, signal } = context
    await withImages(context, async (images) => {
      for (const name of positionals) {
        // One image after another: they share the disk.
        const scan = await scanned(images, resolvePath(name), { hash: options['hash'] === true, signal })
        if (terminal.json) await terminal.printJson(scan)
        else {
          const { vault, tableType, territories, isCached } = scan
          terminal.note(
            `${printable(name)}: ${formatBytes(vault.size)}, ${tableType}${isCached ? ', cached' : ''}`,
          )
          if (vault.md5 !== undefined) await terminal.printLine(`md5 ${vault.md5}  sha1 ${vault.sha1}`)
          await terminal.print(renderTable(terminal, COLUMNS, territories.map(rowOf)))
        }
      }
    })
  },
}

const COLUMNS = [
  { title: 'zone', align: 'right' as const },
  { title: 'offset', align: 'right' as const },
  { title: 'length', align: 'right' as const },
  { title: 'type' },
  { title: 'file system' },
  { title: 'label' },
  { title: 'free', align: 'right' as const },
]

type Scan = Awaited<ReturnType<typeof scanned>>

function rowOf({ zone, territory }: Scan['territories'][number]): readonly string[] {
  return [
    String(zone.index),
    String(zone.offset),
    formatBytes(zone.length),
    printable(zone.zoneType),
    territory?.territoryType ?? '-',
    printable(territory?.banner ?? ''),
    territory?.hierarchical === true ? formatBytes(territory.liberatedSpace) : '-',
  ]
}

async function scanned(
  images: ConnectedForge['images'],
  path: string,
  { hash, signal }: { readonly hash: boolean; readonly signal: AbortSignal },
) {
  const vault = hash ? await images.digests(path, { signal }) : await images.vault(path)
  const { record, isCached } = await images.zones(path)
  const territories = []
  for (const zone of record.zones) {
    const known = zone.territoryType !== undefined
    const territory = known ? (await images.territory(path, zone.index, { signal })).record : undefined
    territories.push({ zone, territory })
  }
  return { vault: vault.record, tableType: record.tableType, territories, isCached }
}
