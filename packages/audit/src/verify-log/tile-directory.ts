import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ForgeError, isForgeError, isError } from '@forgeone/common'
import { readSmallFileSync } from '@forgeone/common/files'
import type { TileTarget } from '../export/export-tiles.ts'
import { parseTilePath } from '../tree/tile-path.ts'
import type { TileSource } from './tile-source.ts'

/** No file of the layout is larger: 256 entries of 65,535 bytes. */
const FILE_BYTES_MAX: number = 256 * 65_537

/** Reads an exported or foreign log from a directory. @throws IO_FAILED for what is there and cannot be read */
export function directorySource(directory: string): TileSource {
  return {
    async read(path) {
      if (path !== 'checkpoint' && parseTilePath(path) === undefined) return undefined
      try {
        // Hashing keeps the thread busy anyway, and a promise for each small file costs more than reading it.
        return readSmallFileSync(join(directory, ...path.split('/')), { bytesMax: FILE_BYTES_MAX })
      } catch (cause) {
        if (isAbsent(cause)) return undefined
        // A FIFO, a directory or a file beyond the bound: whatever it is, it is no part of a log.
        if (isForgeError(cause)) return new Uint8Array(0)
        throw new ForgeError('IO_FAILED', `${path} of the log cannot be read`, { cause })
      }
    },
  }
}

/** Writes files of an export below a directory, which is made when it is not there. @throws IO_FAILED */
export function directoryTarget(directory: string): TileTarget {
  const made = new Set<string>()
  return {
    async write(path, bytes) {
      const file = join(directory, ...path.split('/'))
      const folder = dirname(file)
      try {
        if (!made.has(folder)) await mkdir(folder, { recursive: true })
        made.add(folder)
        await writeFile(file, bytes)
      } catch (cause) {
        throw new ForgeError('IO_FAILED', `${path} of the export cannot be written`, { cause })
      }
    },
  }
}

function isAbsent(error: unknown): boolean {
  if (!isError(error) || !('code' in error)) return false
  return error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR'
}
