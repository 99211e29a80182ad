import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'

/** ARC traces hold ranges of blocks, the others one key a line. */
const ARC_NAME = /\.lis(?:\.gz|\.zst)?$/

/** Reads a trace: one key a line, or the `start count …` lines of ARC (`.lis`); plain, `.gz` or `.zst`. */
export function readTrace(path: string): readonly (number | string)[] {
  const lines = decompressed(path)
    .toString('latin1')
    .split('\n')
    .map((line) => line.trim())
    // The LIRS traces mark phases with an asterisk.
    .filter((line) => line !== '' && line !== '*')
  return ARC_NAME.test(basename(path)) ? lines.flatMap(arcBlocks) : lines.map(keyOf)
}

function decompressed(path: string): Buffer {
  const bytes = readFileSync(path)
  if (path.endsWith('.gz')) return gunzipSync(bytes)
  if (path.endsWith('.zst')) return zstdDecompressSync(bytes)
  return bytes
}

function arcBlocks(line: string): readonly number[] {
  const [start, count] = line.split(/\s+/).map(Number)
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(count))
    throw new Error(`"${line}" is no line of an ARC trace: START COUNT …`)
  return Array.from({ length: count! }, (_, index) => start! + index)
}

function keyOf(line: string): number | string {
  const number = Number(line)
  return Number.isSafeInteger(number) ? number : line
}
