import { utf8Encode, tellProgress } from '@forgeone/common'
import type { VerifierKey } from '../note/verifier-key.ts'
import { hashesOnLevel, TILE_WIDTH, tileLevels, tilePath } from '../tree/tile-path.ts'

/** Where files of an export go; paths have `/` between their parts. */
export interface TileTarget {
  write(path: string, bytes: Uint8Array): Promise<void>
}

export interface ExportOptions {
  /** Entry bundles show every leaf in clear: only for who may read the log. Default `none`. */
  readonly entries?: 'none' | 'full'
  /** Told after each file of the lowest level: leaves so far. */
  readonly onProgress?: (leaves: number) => void
}

/** What an export reads from. */
export interface ExportSource {
  readonly verifierKeys: readonly VerifierKey[]
  tile(path: string): Promise<Uint8Array | undefined>
}

/** Writes `tile/…`, `tile/entries/…` where asked for, `vkey` and, when all is there, `checkpoint`. */
export async function exportTiles(o: {
  readonly log: ExportSource
  readonly size: number
  readonly checkpoint: string
  readonly target: TileTarget
  readonly options: ExportOptions
}): Promise<void> {
  const { log, size, checkpoint, target, options } = o
  for (let level = 0; level < tileLevels(size); level++) await exportLevel(level, o)
  if (options.entries === 'full') await exportLevel('entries', o)
  const keys = log.verifierKeys.map(({ text }) => `${text}\n`).join('')
  if (keys !== '') await target.write('vkey', utf8Encode(keys))
  await target.write('checkpoint', utf8Encode(checkpoint))
}

async function exportLevel(
  level: number | 'entries',
  { log, size, target, options }: Parameters<typeof exportTiles>[0],
): Promise<void> {
  const hashes = hashesOnLevel(size, level)
  for (let index = 0; index * TILE_WIDTH < hashes; index++) {
    const path = tilePath({ level, index, width: Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH) })
    const bytes = await log.tile(path)
    // Nothing below the size of a checkpoint is ever absent.
    if (bytes !== undefined) await target.write(path, bytes)
    if (level === 'entries') tellProgress(options.onProgress, Math.min(size, (index + 1) * TILE_WIDTH))
  }
}
