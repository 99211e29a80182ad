import { hash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ByteWriter, isForgeError, utf8Decode } from '@forgeone/common'
import { readSmallFile } from '@forgeone/common/files'
import type { DatabaseState } from '../format/flush-point.ts'
import { isNotFound } from '../files/node-store-files.ts'
import { parseManifest, type LiveTable, type Manifest } from './manifest.ts'
import { checkTable, tableFooterHolds, tableName } from './table-file.ts'

/**
 * Tables of one database that are read whole before it is opened, the newest first; of the rest only size and end are
 * checked, so that opening a large store does not mean reading it. A verify reads all.
 */
export const OPEN_CHECK_BYTES_MAX: number = 64 * 1024 * 1024

/** It holds the name of a MANIFEST and nothing else. */
const CURRENT_BYTES_MAX = 64
/** A record of some hundred bytes for each table that came or went since the database was opened: years of them. */
const MANIFEST_BYTES_MAX = 256 * 1024 * 1024

/** A file of a database that is not as it must be. */
export interface FileFinding {
  readonly file: string
  readonly problem: string
}

export interface DatabaseDirectory {
  readonly manifestName: string
  readonly manifest: Manifest
}

/** Reads `CURRENT` and the MANIFEST it names. */
export async function readDatabaseDirectory(path: string): Promise<DatabaseDirectory | FileFinding> {
  const current = await readWhole(path, 'CURRENT', CURRENT_BYTES_MAX)
  if ('problem' in current) return current
  const manifestName = /^(MANIFEST-\d{6,})\n$/.exec(utf8Decode(current))?.[1]
  if (manifestName === undefined) return { file: 'CURRENT', problem: 'it does not name a MANIFEST' }
  const bytes = await readWhole(path, manifestName, MANIFEST_BYTES_MAX)
  if ('problem' in bytes) return bytes
  const manifest = parseManifest(bytes)
  return 'damage' in manifest ? { file: manifestName, problem: manifest.damage } : { manifestName, manifest }
}

async function readWhole(path: string, file: string, bytesMax: number): Promise<Uint8Array | FileFinding> {
  try {
    return (await readSmallFile(join(path, file), { bytesMax })) ?? { file, problem: 'it is missing' }
  } catch (error) {
    if (!isForgeError(error, 'IO_FAILED')) throw error
    return { file, problem: `it is no regular file of at most ${bytesMax} bytes` }
  }
}

/**
 * Checks a database before LevelDB sees it (it would skip, drop or launder what is damaged): CURRENT, MANIFEST,
 * and every live table. LevelDB aborts the process on some damaged blocks, so it must not meet them at all.
 * @param expected what the last flush point says of it, if there was one
 */
export async function checkStructure(
  path: string,
  expected: DatabaseState | undefined,
  closed: boolean,
): Promise<readonly FileFinding[]> {
  const directory = await readDatabaseDirectory(path)
  if ('problem' in directory) return [directory]
  const findings: FileFinding[] = []
  let bytesLeft = OPEN_CHECK_BYTES_MAX
  // The newest first: a crash is more likely to have hurt them.
  for (const table of directory.manifest.tables.toReversed()) {
    bytesLeft -= table.size
    const problem = await checkOneTable(join(path, tableName(table.number)), table, { whole: bytesLeft >= 0 })
    if (problem !== undefined) findings.push({ file: tableName(table.number), problem })
  }
  const stale = expected === undefined ? undefined : olderThan(directory, expected, closed)
  if (stale !== undefined) findings.push({ file: directory.manifestName, problem: stale })
  return findings
}

async function checkOneTable(
  path: string,
  table: LiveTable,
  { whole }: { readonly whole: boolean },
): Promise<string | undefined> {
  const size = await sizeOf(path)
  if (size === undefined) return 'it is missing'
  if (size !== table.size) return `it has ${size} bytes instead of ${table.size}`
  if (whole) return await checkTable(path, table)
  return (await tableFooterHolds(path, size)) ? undefined : 'its footer is damaged'
}

function olderThan(
  directory: DatabaseDirectory,
  expected: DatabaseState,
  closed: boolean,
): string | undefined {
  const number = manifestNumber(directory.manifestName)
  if (number < expected.manifestNumber) return 'it is older than the last flush point'
  if (number === expected.manifestNumber && directory.manifest.endOffset < expected.manifestBytes)
    return 'its end is missing'
  if (closed && directory.manifest.torn) return 'its end is torn'
  if (closed && !Buffer.from(tablesDigest(directory.manifest)).equals(expected.tablesDigest)) {
    return 'it lists other tables than when the store was closed'
  }
  return undefined
}

export async function databaseState(
  name: string,
  path: string,
  logsDigest: Uint8Array,
): Promise<DatabaseState> {
  const directory = await readDatabaseDirectory(path)
  if ('problem' in directory) throw new Error(`${directory.file}: ${directory.problem}`)
  return {
    name,
    manifestNumber: manifestNumber(directory.manifestName),
    manifestBytes: directory.manifest.endOffset,
    tablesDigest: tablesDigest(directory.manifest),
    logsDigest,
  }
}

export function manifestNumber(name: string): number {
  return Number(name.slice('MANIFEST-'.length))
}

function tablesDigest(manifest: Manifest): Uint8Array {
  const writer = new ByteWriter()
  for (const table of manifest.tables) writer.u64(table.number).u64(table.size)
  return new Uint8Array(hash('sha256', writer.view(), 'buffer'))
}

/** Logs that LevelDB would replay: number at or above the MANIFEST's, or its previous one. */
export async function liveLogs(path: string, manifest: Manifest): Promise<readonly string[]> {
  const names = await readdir(path)
  return names.filter((name) => {
    const number = /^(\d{6,})\.log$/.exec(name)?.[1]
    if (number === undefined) return false
    return Number(number) >= manifest.logNumber || Number(number) === manifest.previousLogNumber
  })
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
