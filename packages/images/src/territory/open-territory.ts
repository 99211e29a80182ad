import type { BlockSource } from '../source/block-source.ts'
import { parseBootSector } from './fat-boot-sector.ts'
import { FatTerritory } from './fat-territory.ts'
import { readIsoVolume } from './iso-descriptor.ts'
import { IsoTerritory } from './iso-territory.ts'
import type { Territory } from './territory.ts'

const BOOT_SECTOR_BYTES = 512

/** The file system of a zone that can be listed; undefined for others, whose name `namedByMagic` knows. */
export async function openTerritory(source: BlockSource): Promise<Territory | undefined> {
  const boot = source.size >= BOOT_SECTOR_BYTES ? await source.read(0, BOOT_SECTOR_BYTES) : new Uint8Array(0)
  const layout = parseBootSector(boot)
  if (layout !== undefined) return new FatTerritory(source, layout)
  const volume = await readIsoVolume(source)
  return volume && new IsoTerritory(source, volume)
}
